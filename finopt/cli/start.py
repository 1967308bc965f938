"""Entry point of the process: an interrupt while finopt loads ends in a sentence, not a traceback.

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
    os._exit(INTERRUPTED)  # nothing is open yet that would have to be closed


if __name__ == "__main__":
    main()
