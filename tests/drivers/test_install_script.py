"""The parts of the install script. pgrx puts them into any order that their `requires` allow, another one in each build:
a part that forgets what it needs is created in one build and fails in the next."""

import re
import subprocess
from pathlib import Path

import psycopg
import pytest
from server import PG_CONFIG, REPOSITORY

PART = re.compile(r"/\* <begin connected objects> \*/\n(.*?)/\* </end connected objects> \*/", re.DOTALL)
SOURCE = re.compile(r"-- (src/\S+):(\d+)\n")
# The comment ends with the function's name in SQL, the symbol is its name in Rust.
FUNCTION = re.compile(r"^-- phone_crypt::(\S+::)\w+\n(?:.*'(\w+)_wrapper')?", re.MULTILINE | re.DOTALL)
NAME_OF_FILE = re.compile(r'name = "(\w+)"')
ATTRIBUTE = re.compile(r"#\[pg_extern\(.*requires = \[([^\]]*)\]")
REQUIRES = re.compile(r"-- requires:\n((?:--   \S+\n)+)")


class Part:
    """What pgrx makes of one function, or of one file of ours."""

    def __init__(self, text: str):
        self.text = text
        self.is_last = "\n-- finalize\n" in text
        function = FUNCTION.search(text)
        self.name = f"{function[1]}{function[2]}" if function else name_of_file(text)
        requires = REQUIRES.search(text)
        self.requires = re.findall(r"--   (\S+)", requires[1]) if requires else names_in_attribute(text)


def names_in_attribute(text: str) -> list[str]:
    """Of a function with SQL of its own, pgrx heeds what it requires, and does not write it down."""
    if not FUNCTION.search(text):
        return []
    path, line = SOURCE.search(text).groups()
    attribute = (REPOSITORY / path).read_text(encoding="utf-8").splitlines()[int(line) - 1]
    requires = ATTRIBUTE.search(attribute)
    return re.findall(r'"(\w+)"', requires[1]) if requires else []


def name_of_file(text: str) -> str:
    """As the macro that puts it in says."""
    path, line = SOURCE.search(text).groups()
    macro = (REPOSITORY / path).read_text(encoding="utf-8").splitlines()[int(line) - 1 :]
    return NAME_OF_FILE.search("\n".join(macro))[1]


def read_parts() -> dict[str, Part]:
    """By name, in the order of this build."""
    sharedir = subprocess.run([PG_CONFIG, "--sharedir"], capture_output=True, check=True, encoding="utf-8").stdout
    (script,) = Path(sharedir.strip(), "extension").glob("phone_crypt--*.sql")
    texts = PART.findall(script.read_text(encoding="utf-8"))
    # The rest is pgrx's own: a heading, and a schema that is there by then.
    parts = [Part(text) for text in texts if FUNCTION.search(text) or "-- src/install" in text]
    return {part.name: part for part in parts}


def needed_by(part: Part, parts: dict[str, Part]) -> list[Part]:
    """What it requires, and what that requires, each after what it needs itself."""
    order: list[Part] = []

    def add(name: str) -> None:
        if parts[name] not in order:
            for other in parts[name].requires:
                add(other)
            order.append(parts[name])

    for name in ["schema", *part.requires]:
        add(name)
    return order


def plain_sql(text: str) -> bytes:
    """As it can be run without CREATE EXTENSION."""
    text = text.replace("@extschema@", "public").replace("MODULE_PATHNAME", "$libdir/phone_crypt")
    return text.replace("pg_catalog.pg_extension_config_dump(", "pg_catalog.concat(").encode()


@pytest.fixture(scope="module")
def empty_database(server):
    with server.connect() as session:
        session.execute("CREATE DATABASE parts_of_the_script")
    # As CREATE EXTENSION has it.
    options = "-c check_function_bodies=off"
    with server.connect("parts_of_the_script", autocommit=False, options=options) as session:
        yield session


def test_every_part_requires_what_it_needs(empty_database):
    parts = read_parts()
    failures = []
    for part in parts.values():
        if part.is_last or part.name == "schema":
            continue
        try:
            for needed in [*needed_by(part, parts), part]:
                empty_database.execute(plain_sql(needed.text))
        except psycopg.Error as error:
            failures.append(f"{part.name}: {error.diag.message_primary}")
        empty_database.rollback()
    assert len(parts) > 100
    assert not failures, "\n".join(failures)
