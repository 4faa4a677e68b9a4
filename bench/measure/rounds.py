"""Interleaved rounds: everything is measured once a round, so that what disturbs the machine for a while
disturbs both sides of a ratio."""

import statistics
from dataclasses import dataclass


@dataclass(frozen=True)
class Spread:
    """Median, least and most of one figure over the rounds."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, figures):
        figures = list(figures)
        return cls(statistics.median(figures), min(figures), max(figures))


class Rounds:
    """Nanoseconds a row or decision, by what was measured, over all rounds."""

    def __init__(self):
        self._rounds = []

    def add(self, figures):
        self._rounds.append(figures)

    def cost(self, name):
        return Spread.of(figures[name] for figures in self._rounds)

    def ratio(self, slower, faster):
        """How many times `faster` goes into `slower`, round by round."""
        return Spread.of(figures[slower] / figures[faster] for figures in self._rounds)

    def difference(self, more, less):
        """How much more one is than the other, round by round."""
        return Spread.of(figures[more] - figures[less] for figures in self._rounds)

    def share_beyond(self, part, whole):
        """The share of `whole` that is not `part`, round by round."""
        return Spread.of(1 - figures[part] / figures[whole] for figures in self._rounds)


def measure(sides, meter, count, say):
    """So many rounds, after one that warms caches and is not counted."""
    rounds = Rounds()
    one_round(sides, meter)
    for number in range(1, count + 1):
        rounds.add(one_round(sides, meter))
        say(f"round {number} of {count}")
    return rounds


def one_round(sides, meter):
    """Measures every side once, in their order."""
    return {name: side.cost(meter) for name, side in sides.items()}
