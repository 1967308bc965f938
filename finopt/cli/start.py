"""Where the command begins: an interrupt before finopt is loaded is said in a sentence.

finopt and its libraries take a second to load, and an interrupt in that second would show their insides. The package
itself loads none of them before they are needed.
"""

from __future__ import annotations

import os
import signal
from types import FrameType

INTERRUPTED = 130
"""As shells count the signal of Ctrl-C."""


def main() -> None:
    """Load finopt and run the command of ``sys.argv``."""
    usual = signal.signal(signal.SIGINT, _leave)
    from finopt.cli.main import main as command

    signal.signal(signal.SIGINT, usual)
    command()


def _leave(number: int, frame: FrameType | None) -> None:
    os.write(2, b"interrupted\n")
    os._exit(INTERRUPTED)  # nothing has begun that would have to end well


if __name__ == "__main__":
    main()
