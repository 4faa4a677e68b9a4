"""Interleaved rounds: everything is measured once a round, so that what disturbs the machine for a while
disturbs both sides of a ratio."""

import sys


def say(text):
    """Tells the person watching."""
    print(f"  {text}", file=sys.stderr, flush=True)


def measure(sides, count, warm_up=True):
    """Figures by name, a dictionary a round. A side is a function without arguments that returns its figure, or
    several by what is added to its name. The first round warms caches and is not counted."""
    rounds = [one_round(sides, number, count) for number in range(0 if warm_up else 1, count + 1)]
    return rounds[1:] if warm_up else rounds


def one_round(sides, number, count):
    figures = {}
    for name, side in sides.items():
        found = side()
        figures |= {name + more: figure for more, figure in found.items()} if isinstance(found, dict) else {name: found}
    say(f"round {number} of {count}" if number else "warmed up")
    return figures
