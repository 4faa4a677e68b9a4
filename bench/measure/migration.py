"""Measures the procedures that move a database over, beside one UPDATE with pgcrypto."""

import argparse
from pathlib import Path

from . import document, migration_growth, migration_page
from .machine import describe
from .migration_sides import SIDES, migrating_session
from .migration_tables import TABLES
from .progress import say
from .rounds import Rounds
from .session import Session

_LOCK_ROWS = 500_000


def arguments(words):
    parser = argparse.ArgumentParser(prog="measure migration")
    parser.add_argument("--docs", required=True, type=Path, help="where benchmarks.md is")
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    return parser.parse_args(words)


def measure_rounds(options):
    """Nanoseconds a row of every side: `NAME` what the client waited, `NAME processor` the backend's own."""
    with migrating_session() as session:
        for table in TABLES:
            table.fill(session, options.rows)
    rounds = Rounds()
    for number in range(1, options.rounds + 1):
        figures = {}
        for name, side in SIDES.items():
            took = side.run()
            figures[name] = took.elapsed * 1e9 / options.rows
            figures[f"{name} processor"] = took.processor * 1e9 / options.rows
            say(f"round {number} of {options.rounds}: {name}: {figures[name] / 1000:.1f} µs a row,"
                f" {figures[f'{name} processor'] / 1000:.1f} of the processor")
        rounds.add(figures)
    return rounds


def main(words):
    """Called with what bench/run gives for this part."""
    options = arguments(words)
    with Session() as session:
        session.query("CREATE EXTENSION IF NOT EXISTS phone_crypt")
        session.query("CREATE EXTENSION IF NOT EXISTS pgcrypto")
        machine = describe(session) | {
            "pgcrypto": session.query("SELECT extversion FROM pg_extension WHERE extname = 'pgcrypto'")}
    results = migration_page.Results(
        options=options, machine=machine, rounds=measure_rounds(options),
        growth=migration_growth.measure(migration_growth.NUMBERS, say),
        lock_rows=_LOCK_ROWS, locks=migration_growth.measure_locks(_LOCK_ROWS, say),
    )
    document.write_part(options.docs / "benchmarks.md", "migration", migration_page.render(results))
    print(migration_page.ratio_table(results.rounds), migration_page.growth_table(results.growth),
          migration_page.lock_table(results.locks), sep="\n\n")
