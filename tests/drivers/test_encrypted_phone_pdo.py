"""The data type through PHP's PDO (tests/drivers/php)."""

import subprocess
from pathlib import Path

from server import PATIENCE_SECONDS
from typed_table import ROLE, ROWS, create

SOURCE = Path(__file__).resolve().parent / "php" / "encrypted_phone.php"


def test_look_ups_and_writes(server, database):
    create(server, database)
    dsn = f"pgsql:host={server.directory};port=5432;dbname={database}"
    done = subprocess.run(
        ["php", str(SOURCE), dsn, ROLE, str(ROWS)], capture_output=True, text=True, timeout=PATIENCE_SECONDS
    )
    assert (done.stdout.strip(), done.returncode) == ("ok", 0), done.stdout + done.stderr
