"""Fixtures, and a closing line that scripts/test can count."""

import shutil
import subprocess
from pathlib import Path

import pytest
import samples
from server import running

NODE = Path(__file__).resolve().parent / "node"


@pytest.fixture(scope="session")
def server():
    """The server most tests share. Its primary key is K1; a test that changes the keys puts them back."""
    with running([samples.K1]) as shared:
        yield shared


@pytest.fixture(scope="module")
def database(server, request):
    """A database of this test file's own, with the extension."""
    return server.create_database(request.module.__name__)


@pytest.fixture(scope="session")
def node_modules(tmp_path_factory):
    """A directory with the programs of tests/drivers/node and the packages of its lock file."""
    directory = shutil.copytree(NODE, tmp_path_factory.mktemp("node"), dirs_exist_ok=True)
    done = subprocess.run(
        ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=directory, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return directory


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
