"""Runs the SQL of one page in one psql session and compares what it prints."""

import os
import subprocess
import uuid
from pathlib import Path

import compare
import markdown

# Failures of a page: where, and what to say of it.
Failures = list[tuple[str, str]]


def run(page: Path) -> tuple[int, Failures]:
    """The number of blocks that passed, and the failures."""
    pairs = markdown.sql_with_expected(page)
    scripts = [block.text for block, _ in pairs]
    creates_extension = any("CREATE EXTENSION" in script for script in scripts)
    outputs = in_fresh_database(scripts, create_extension=not creates_extension)
    failures: Failures = []
    for (block, expected), output in zip(pairs, outputs, strict=True):
        problem = judge(expected, output)
        if problem:
            failures.append((f"{page}:{block.line}", problem))
    return len(pairs) - len(failures), failures


def judge(expected: str | None, output: str) -> str | None:
    """What is wrong with a block's output, or None."""
    if expected is None:
        return f"an error, and no text block shows it:\n{output}" if "ERROR:" in output else None
    if compare.matches(expected, output):
        return None
    return f"expected:\n{expected}printed:\n{output}"


def in_fresh_database(scripts: list[str], create_extension: bool) -> list[str]:
    """What psql prints for each script. Database and roles are removed afterwards."""
    database = "docs"
    administrate(f"CREATE DATABASE {database}")
    try:
        if create_extension:
            administrate("CREATE EXTENSION phone_crypt", database)
        return session(scripts, database)
    finally:
        administrate(f"DROP DATABASE {database} WITH (FORCE)")
        for role in administrate(
            r"SELECT quote_ident(rolname) FROM pg_roles WHERE rolname NOT LIKE 'pg\_%' AND NOT rolsuper"
        ).splitlines():
            administrate(f"DROP ROLE {role}")


def session(scripts: list[str], database: str) -> list[str]:
    """One psql session over all scripts. A line that no script can know marks the end of each."""
    mark = f"end of block {uuid.uuid4()}"
    source = "\\set VERBOSITY verbose\n\\set SHOW_CONTEXT never\n"
    source += "".join(f"{script}\\echo {mark}\n" for script in scripts)
    parts = psql(["-d", database], source).split(f"{mark}\n")
    if len(parts) != len(scripts) + 1:
        raise RuntimeError(f"psql ended before the page did; it printed:\n{parts[-1]}")
    return parts[:-1]


def administrate(statement: str, database: str = "postgres") -> str:
    """Runs a statement of the test's own, which must work."""
    return psql(["-d", database, "-At", "-v", "ON_ERROR_STOP=1"], statement + ";\n", must_work=True)


def psql(arguments: list[str], source: str, must_work: bool = False) -> str:
    environment = os.environ | {"PGCLIENTENCODING": "UTF8", "PSQL_PAGER": ""}
    done = subprocess.run(
        ["psql", "-X", "-q", *arguments],
        input=source,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    if must_work and done.returncode:
        raise RuntimeError(f"{source}{done.stdout}")
    return done.stdout
