"""PgBouncer in transaction mode before a server (scripts/pgbouncer)."""

import os
import shutil
import socket
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

import psycopg
from server import PATIENCE_SECONDS, REPOSITORY, SCRATCH, wait_until

PORT = 6432
# Fewer than the clients of any test, so that they share them.
SERVER_SESSIONS = 2


def program() -> str:
    done = subprocess.run([str(REPOSITORY / "scripts" / "pgbouncer")], capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@contextmanager
def pooling(server, database: str, role: str, prepared_statements: int):
    """The directory of its socket. prepared_statements: how many it keeps for each session of the server."""
    directory = Path(tempfile.mkdtemp(prefix="phone_crypt.", dir=SCRATCH))
    owner = server.directory.stat()
    os.chown(directory, owner.st_uid, owner.st_gid)
    server.write(directory / "users", f'"{role}" ""\n')
    server.write(directory / "ini", f"""
        [databases]
        {database} = host={server.directory} port=5432
        [pgbouncer]
        listen_port = {PORT}
        unix_socket_dir = {directory}
        auth_type = trust
        auth_file = {directory}/users
        logfile = {directory}/log
        pool_mode = transaction
        default_pool_size = {SERVER_SESSIONS}
        max_prepared_statements = {prepared_statements}
    """.replace("        ", ""))
    # It refuses to run as root.
    user = {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []} if os.geteuid() == 0 else {}
    process = subprocess.Popen([program(), "-q", str(directory / "ini")], cwd=directory, **user)
    try:
        wait_until("PgBouncer listens", lambda: listens(directory) or process.poll() is not None)
        assert process.poll() is None, (directory / "log").read_text()
        yield directory
    finally:
        process.terminate()
        process.wait(PATIENCE_SECONDS)
        shutil.rmtree(directory)


def listens(directory) -> bool:
    """Whether connections are taken: the socket's file is there a moment before."""
    with socket.socket(socket.AF_UNIX) as client:
        return client.connect_ex(str(directory / f".s.PGSQL.{PORT}")) == 0


def connect(directory, database: str, role: str, **options) -> psycopg.Connection:
    options.setdefault("autocommit", True)
    return psycopg.connect(
        host=str(directory), port=PORT, user=role, dbname=database, connect_timeout=PATIENCE_SECONDS, **options
    )
