"""Measures the data type encrypted_phone beside two columns of text, and the conversion of a column."""

import argparse
from pathlib import Path

from . import document, typed_conversion, typed_growth, typed_page, typed_statements, typed_tables
from .machine import describe
from .migration_sides import migrating_session
from .progress import say
from .rounds import measure
from .session import Session
from .statements import Meter


def arguments(words):
    parser = argparse.ArgumentParser(prog="measure typed")
    parser.add_argument("--docs", required=True, type=Path, help="where benchmarks.md is")
    parser.add_argument("--rows", type=int, default=1_000_000, help="half of those that are converted")
    parser.add_argument("--rounds", type=int, default=9, help="three times those of conversions")
    return parser.parse_args(words)


def measure_statements(options):
    """The data type beside its peers. Its tables are dropped afterwards, to make room."""
    with migrating_session() as session:
        session.query("SET work_mem = '512MB'")
        say(f"loading {options.rows:,} numbers")
        typed_tables.create(session, options.rows)
        typed_statements.check_plans(session)
        rounds = measure(typed_statements.SIDES, Meter(session, options.rows), options.rounds, say)
        typed_tables.drop(session)
    return rounds


def main(words):
    """Called with what bench/run gives for this part."""
    options = arguments(words)
    with Session() as session:
        session.query("CREATE EXTENSION phone_crypt")
        session.query("CREATE EXTENSION pgcrypto")
        machine = describe(session) | {
            "pgcrypto": session.query("SELECT extversion FROM pg_extension WHERE extname = 'pgcrypto'")}
    conversion_rows, conversion_rounds = 2 * options.rows, max(1, options.rounds // 3)
    results = typed_page.Results(
        options=options, machine=machine, rounds=measure_statements(options),
        conversion_rows=conversion_rows, conversion_rounds=conversion_rounds,
        conversion=typed_conversion.measure(conversion_rows, conversion_rounds, say),
        growth=typed_growth.measure(options.rows, conversion_rounds, say),
    )
    document.write_part(options.docs / "benchmarks.md", "typed", typed_page.render(results))
    print(typed_page.ratio_table(results.rounds), typed_page.difference_table(results.rounds),
          typed_page.conversion_table(results.conversion), typed_page.growth_table(results.growth), sep="\n\n")
