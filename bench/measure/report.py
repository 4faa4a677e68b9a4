"""Interleaved rounds, and the one reporter: tables of what was measured beside what was wanted, in Markdown."""

import datetime
import os
import platform
import re
import statistics
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from .session import QUIET, Session

# What a row's figure is. The first two are ratios, taken within a round; the others have the unit of ours.
FASTER, SHARE, MORE, ALONE, ALWAYS = " as fast", " as much", " more", "", " "
_FIGURES = {
    FASTER: lambda ours, peer: peer / ours,
    SHARE: lambda ours, peer: ours / peer,
    MORE: lambda ours, peer: ours - peer,
    ALONE: lambda ours, peer: ours,
    # As ALONE, but judged by the worst round.
    ALWAYS: lambda ours, peer: ours,
}
_UNITS = {"time": (("ns", 1), ("µs", 1e3), ("ms", 1e6), ("s", 1e9)), "size": (("B", 1), ("kB", 1e3), ("MB", 1e6))}
_HEAD = ("work", "peer", "wanted", "measured", "met", "ours", "peer's")


class Row(NamedTuple):
    """One line of a table: the names of two figures, and what is wanted of the first beside the second."""

    ours: str
    peer: str | None = None
    wanted: float | None = None
    kind: str = FASTER
    unit: str = "time"

    def cells(self, rounds):
        figures = [_FIGURES[self.kind](figures[self.ours], figures.get(self.peer)) for figures in rounds]
        median, least, most = statistics.median(figures), min(figures), max(figures)
        show = self._ratio if self.kind in (FASTER, SHARE) else self._amount
        suffix = " ×" if show == self._ratio else ""
        met = wanted = ""
        if self.wanted is not None:
            wanted = f"{'≥' if self.kind == FASTER else '≤'} {f'{self.wanted:g} ×' if suffix else show(self.wanted)}"
            judged = most if self.kind == ALWAYS else median
            met = "yes" if (judged >= self.wanted if self.kind == FASTER else judged <= self.wanted) else "**no**"
        spread = f" ({show(least)}–{show(most)})" if len(rounds) > 1 else ""
        amounts = [self._amount(statistics.median(figures[name] for figures in rounds)) if name else ""
                   for name in (self.ours, self.peer)]
        return self.ours, self.peer or "", wanted, f"{show(median)}{suffix}{spread}{self.kind.rstrip()}", met, *amounts

    @staticmethod
    def _ratio(value):
        return f"{value:.2f}" if value < 10 else f"{value:.1f}"

    def _amount(self, value):
        if self.unit == "rate":
            return f"{1e9 / value:,.0f} a second"
        unit, size = next(((u, s) for u, s in reversed(_UNITS[self.unit]) if abs(value) >= s), _UNITS[self.unit][0])
        return f"{value / size:.0f} {unit}" if abs(value) >= 100 * size else f"{value / size:.3g} {unit}"


def table(rounds, rows):
    """A whole table."""
    lines = [_HEAD, ["---"] * len(_HEAD), *(row.cells(rounds) for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def say(text):
    """Tells the person watching."""
    print(f"  {text}", file=sys.stderr, flush=True)


def measure(sides, count, warm_up=True):
    """Figures by name, a dictionary a round: everything is measured once a round, so that what disturbs the machine for a
    while disturbs both sides of a ratio. A side is a function without arguments that returns its figure, or several by
    what is added to its name. The first round warms caches and is not counted."""
    rounds = []
    for number in range(0 if warm_up else 1, count + 1):
        figures = {}
        for name, side in sides.items():
            found = side()
            figures |= {name + more: it for more, it in found.items()} if isinstance(found, dict) else {name: found}
        say(f"round {number} of {count}" if number else "warmed up")
        rounds += [figures] if number else []
    return rounds


def package_version(name):
    """The version of a Debian package."""
    found = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", name], capture_output=True, text=True)
    return found.stdout or "of unknown version"


def facts(options, session, more=()):
    """What the figures were measured on and with, `more` by label."""
    models = re.findall(r"^model name\s*: (.*)", Path("/proc/cpuinfo").read_text(), re.M)
    found = {
        "date": datetime.date.today().isoformat(),
        "processor": f"{(models or [platform.machine()])[0]}, {os.cpu_count()} cores;"
                     f" load average {os.getloadavg()[0]:.1f} when it began",
        "system": f"Linux {platform.release()}",
        "server": session.query("SELECT split_part(version(), ' on ', 1)"),
        "phone_crypt": session.query("SELECT phone_crypt_version()"),
        "pgcrypto": session.query("SELECT extversion FROM pg_extension WHERE extname = 'pgcrypto'"),
        "size": f"{options.rows:,} rows, {options.rounds} rounds",
    } | dict(more)
    return "\n".join(f"* {label}: {value}" for label, value in found.items() if value)


def write(options, head, tables):
    """Prints the head and the tables by title, and puts them between the section's marks on the page; what stands
    around them there is written by hand."""
    text = "\n\n".join([head, *(f"### {title}\n\n{lines}" for title, lines in tables.items())])
    print(text)
    if options.page:
        page = options.page.read_text(encoding="utf-8")
        begin, end = (f"<!-- {mark} {options.section} -->" for mark in ("begin", "end"))
        before, rest = page.split(begin)
        options.page.write_text(f"{before}{begin}\n{text}\n{end}{rest.split(end)[1]}", encoding="utf-8")


def measure_and_write(options, prepare, sides, tables):
    """The whole of a part that one session measures: `prepare` and `sides` are called with it and the options, `tables` are
    rows by title."""
    with Session(*QUIET) as session:
        session.query("CREATE EXTENSION phone_crypt")
        head = facts(options, session)
        say("preparing")
        prepare(session, options)
        rounds = measure(sides(session, options), options.rounds)
    write(options, head, {title: table(rounds, rows) for title, rows in tables.items()})
