"""What the person watching is told."""

import sys


def say(text):
    """A line, at once."""
    print(f"  {text}", file=sys.stderr, flush=True)
