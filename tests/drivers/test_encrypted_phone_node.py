"""The data type through node-postgres (tests/drivers/node)."""

import os
import subprocess

from server import PATIENCE_SECONDS
from typed_table import ROLE, ROWS, create


def test_look_ups_and_writes(server, database, node_modules):
    create(server, database)
    environment = os.environ | {"PGHOST": str(server.directory), "PGPORT": "5432", "PGUSER": ROLE, "PGDATABASE": database}
    done = subprocess.run(
        ["node", "encrypted_phone.js", str(ROWS)],
        cwd=node_modules, env=environment, capture_output=True, text=True, timeout=PATIENCE_SECONDS,
    )
    assert (done.stdout.strip(), done.returncode) == ("ok", 0), done.stderr
