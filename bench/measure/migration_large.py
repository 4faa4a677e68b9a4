"""Migrates and encrypts very many rows once. Called by scripts/soak; its figures are written down by hand."""

import argparse

from . import migration_growth, migration_page
from .progress import say
from .session import Session


def main(words):
    """Prints the time a row and the memory, beside those of a tenth as many rows."""
    parser = argparse.ArgumentParser(prog="measure migration_large")
    parser.add_argument("--docs", help="not written")
    parser.add_argument("--rounds", help="one")
    parser.add_argument("--rows", type=int, required=True)
    options = parser.parse_args(words)
    with Session() as session:
        session.query("CREATE EXTENSION phone_crypt")
    numbers = (options.rows // 10, options.rows)
    print(migration_page.growth_table(migration_growth.measure(numbers, say)))
