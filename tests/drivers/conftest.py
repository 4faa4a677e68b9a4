"""Fixtures, and a closing line that scripts/test can count."""

import pytest
import samples
from server import running


@pytest.fixture(scope="session")
def server():
    """The server most tests share. Its primary key is K1; a test that changes the keys puts them back."""
    with running([samples.K1]) as shared:
        yield shared


@pytest.fixture(scope="module")
def database(server, request):
    """A database of this test file's own, with the extension."""
    return server.create_database(request.module.__name__)


@pytest.fixture
def session(server, database):
    """A session in that database, in autocommit mode."""
    with server.connect(database) as connection:
        yield connection


@pytest.fixture
def table(session):
    """The name of a new table (id, phone, phone_hash), dropped afterwards."""
    session.execute("CREATE TABLE contacts (id int PRIMARY KEY, phone text, phone_hash text)")
    yield "contacts"
    session.rollback()
    session.autocommit = True
    session.execute("DROP TABLE contacts")


def pytest_terminal_summary(terminalreporter):
    counts = {name: len(terminalreporter.getreports(name)) for name in ("passed", "failed", "error")}
    terminalreporter.write_line(f"{counts['passed']} passed, {counts['failed'] + counts['error']} failed")
