"""Interleaved rounds: everything is measured once a round, so that what disturbs the machine for a while
disturbs both sides of a ratio."""

import statistics
from dataclasses import dataclass

from .statements import TABLES, scan


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
    """Nanoseconds a row, by what was measured, over all rounds; scans are taken off already."""

    def __init__(self):
        self._rounds = []

    def add(self, figures):
        self._rounds.append(figures)

    def cost(self, name):
        return Spread.of(figures[name] for figures in self._rounds)

    def ratio(self, slower, faster):
        """How many times `faster` goes into `slower`, round by round."""
        return Spread.of(figures[slower] / figures[faster] for figures in self._rounds)

    def share_beyond(self, part, whole):
        """The share of `whole` that is not `part`, round by round."""
        return Spread.of(1 - figures[part] / figures[whole] for figures in self._rounds)


def one_round(session, rows, statements, loops):
    """Measures everything once."""
    def per_row(statement):
        return session.cpu_time(statement.sql) / rows

    scans = {table: per_row(scan(table)) for table in TABLES}
    figures = {name: per_row(statement) - scans[statement.table] for name, statement in statements.items()}
    figures |= {name: loop.nanoseconds() for name, loop in loops.items()}
    return figures | {"scan": scans["bench_e164"]}
