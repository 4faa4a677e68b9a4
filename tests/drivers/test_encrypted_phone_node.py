"""The data type through node-postgres (tests/drivers/node)."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from server import PATIENCE_SECONDS
from typed_table import ROLE, ROWS, create

HERE = Path(__file__).resolve().parent / "node"


@pytest.fixture(scope="module")
def modules(tmp_path_factory):
    """The packages of the lock file, in a directory of their own."""
    directory = tmp_path_factory.mktemp("node")
    for name in ("package.json", "package-lock.json", "encrypted_phone.js"):
        shutil.copy(HERE / name, directory)
    done = subprocess.run(
        ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=directory, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return directory


def test_look_ups_and_writes(server, database, modules):
    create(server, database)
    environment = os.environ | {"PGHOST": str(server.directory), "PGPORT": "5432", "PGUSER": ROLE, "PGDATABASE": database}
    done = subprocess.run(
        ["node", "encrypted_phone.js", str(ROWS)],
        cwd=modules, env=environment, capture_output=True, text=True, timeout=PATIENCE_SECONDS,
    )
    assert (done.stdout.strip(), done.returncode) == ("ok", 0), done.stderr
