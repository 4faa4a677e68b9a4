"""The data type through node-postgres (tests/drivers/node)."""

import os
import subprocess

import pytest
from server import PATIENCE_SECONDS
from typed_table import ROLE, ROWS, create


@pytest.fixture(scope="module", autouse=True)
def table(server, database):
    create(server, database)


@pytest.mark.parametrize("program", ["encrypted_phone.js", "query_builders.js"])
def test_look_ups_and_writes(server, database, node_modules, program):
    environment = os.environ | {"PGHOST": str(server.directory), "PGPORT": "5432", "PGUSER": ROLE, "PGDATABASE": database}
    done = subprocess.run(
        ["node", program, str(ROWS)],
        cwd=node_modules, env=environment, capture_output=True, text=True, timeout=PATIENCE_SECONDS,
    )
    assert (done.stdout.strip(), done.returncode) == ("ok", 0), done.stderr
