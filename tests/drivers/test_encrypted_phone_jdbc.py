"""The data type through pgjdbc (tests/drivers/java), which needs a server that listens on TCP."""

import socket
import subprocess
from pathlib import Path

from samples import K1
from server import PATIENCE_SECONDS, running
from typed_table import ROLE, ROWS, create

SOURCE = Path(__file__).resolve().parent / "java" / "EncryptedPhone.java"
DRIVER = Path("/usr/share/java/postgresql.jar")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_look_ups_and_writes():
    # The Unix socket keeps the number 5432, by which the other clients find it.
    port = free_port()
    with running([K1], f"listen_addresses = '127.0.0.1'\nport = {port}\n") as server:
        # Sessions of the harness go by the socket's name.
        link = server.directory / ".s.PGSQL.5432"
        link.symlink_to(server.directory / f".s.PGSQL.{port}")
        database = server.create_database("typed")
        create(server, database)
        url = f"jdbc:postgresql://127.0.0.1:{port}/{database}?user={ROLE}"
        done = subprocess.run(
            ["java", "-cp", str(DRIVER), str(SOURCE), str(ROWS), url],
            capture_output=True, text=True, timeout=2 * PATIENCE_SECONDS,
        )
        assert (done.stdout.strip(), done.returncode) == ("ok", 0), done.stderr
