"""Write every worked case, and the terms on which they are compared."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from inputs import CASES


def main() -> None:
    """Each workbook beside its maker."""
    for name in (*CASES, "comparison"):
        import_module(f"inputs.make_{name}").write(Path(__file__).with_name(f"{name}.xlsx"))


if __name__ == "__main__":
    main()
