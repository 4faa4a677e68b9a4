"""webhook_receive beside the providers' own npm packages (tests/drivers/webhook_peers): they accept the same requests."""

import os
import shutil
import subprocess
from pathlib import Path

from server import PATIENCE_SECONDS

PROGRAM = Path(__file__).resolve().parent / "webhook_peers"


def test_the_packages_accept_what_webhook_receive_accepts(server, database, tmp_path):
    directory = shutil.copytree(PROGRAM, tmp_path / "program")
    fetched = subprocess.run(
        ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=directory, capture_output=True, text=True, timeout=300
    )
    assert fetched.returncode == 0, fetched.stderr
    environment = os.environ | {"PGHOST": str(server.directory), "PGPORT": "5432", "PGUSER": "postgres", "PGDATABASE": database}
    done = subprocess.run(
        ["node", "main.js"], cwd=directory, env=environment, capture_output=True, text=True, timeout=PATIENCE_SECONDS
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) == 54
