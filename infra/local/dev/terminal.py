"""What a person reads in the terminal."""

import shutil
import sys


class Failure(Exception):
    """Why a command cannot go on, in one line that ends with what to do next."""


def say(text: str = "") -> None:
    """A line that stays."""
    clear()
    print(text, flush=True)


def tick(text: str) -> None:
    """A line that shows that something goes on; the next one takes its place. Only on a terminal."""
    if sys.stdout.isatty():
        width = shutil.get_terminal_size().columns - 1
        print(f"\r\x1b[2K{text[:width]}", end="", flush=True)


def clear() -> None:
    """Takes the last `tick` away."""
    if sys.stdout.isatty():
        print("\r\x1b[2K", end="", flush=True)


def duration(seconds: float) -> str:
    """Seconds as a person reads them: `3.2 s`, `4 min 07 s`."""
    if seconds < 100:
        return f"{seconds:.1f} s"
    return f"{int(seconds) // 60} min {int(seconds) % 60:02d} s"
