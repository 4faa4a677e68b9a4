"""Throw-away servers (scripts/server) and sessions on them."""

import os
import shutil
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import psycopg

REPOSITORY = Path(__file__).resolve().parents[2]
SERVER_SCRIPT = REPOSITORY / "scripts" / "server"
PG_CONFIG = os.environ["PHONE_CRYPT_TEST_PG_CONFIG"]

# Where servers have their directories, as scripts/lib.sh says.
SCRATCH = os.environ.get("PHONE_CRYPT_SCRATCH", "/tmp")

# Longer than anything here takes on a busy machine, and an end to whatever hangs.
PATIENCE_SECONDS = 60


class Server:
    """A server that preloads the library and reads its keys from a file."""

    def __init__(self, keys: list[str], conf: str = ""):
        """keys: the lines of the key file, the primary first. conf: lines for postgresql.conf; `{dir}` in them
        is the server's directory. Later lines win over those given here."""
        self.directory = Path(tempfile.mkdtemp(prefix="phone_crypt.", dir=SCRATCH))
        self.key_file = self.directory / "keys"
        base = (
            "shared_preload_libraries = 'phone_crypt,pg_stat_statements'\n"
            f"phone_crypt.key_file = '{self.key_file}'\n"
            f"statement_timeout = '{PATIENCE_SECONDS}s'\n"
        )
        lines = base + conf.replace("{dir}", str(self.directory))
        try:
            script("start", PG_CONFIG, self.directory, "-", conf=lines)
        except BaseException:
            shutil.rmtree(self.directory, ignore_errors=True)
            raise
        self.set_keys(*keys)

    def stop(self) -> None:
        script("stop", self.directory)

    def restart(self) -> None:
        script("restart", self.directory)

    def write(self, path: Path, text: str, mode: int = 0o600) -> None:
        """A file of the server's user, replaced in one step so that no session reads half of it."""
        new = path.with_suffix(".new")
        new.write_text(text, encoding="utf-8")
        owner = self.directory.stat()
        os.chown(new, owner.st_uid, owner.st_gid)
        new.chmod(mode)
        new.rename(path)

    def set_keys(self, *keys: str) -> None:
        """Writes the key file; a running server reads it after `reload`."""
        self.write(self.key_file, "".join(f"{key}\n" for key in keys))

    def reload(self) -> None:
        """Returns when new sessions have the new settings; those that are already there follow a moment later."""
        before = self.load_time()
        with self.connect() as session:
            session.execute("SELECT pg_reload_conf()")
        wait_until("the server has read its configuration again", lambda: self.load_time() > before)

    def load_time(self):
        """When the settings that a new session starts with were read."""
        with self.connect() as session:
            return value_of(session, "SELECT pg_conf_load_time()")

    def connect(self, database: str = "postgres", user: str = "postgres", **options) -> psycopg.Connection:
        """A new session, in autocommit mode unless told otherwise."""
        options.setdefault("autocommit", True)
        return psycopg.connect(
            host=str(self.directory), port=5432, user=user, dbname=database, connect_timeout=PATIENCE_SECONDS, **options
        )

    def create_database(self, name: str, extension_schema: str = "public") -> str:
        """A database with the extension in it."""
        with self.connect() as session:
            session.execute(f"CREATE DATABASE {name}")
        with self.connect(name) as session:
            session.execute(f"CREATE SCHEMA IF NOT EXISTS {extension_schema}")
            session.execute(f"CREATE EXTENSION phone_crypt SCHEMA {extension_schema}")
        return name

    def log(self) -> str:
        return (self.directory / "log").read_text(encoding="utf-8", errors="replace")

    def program(
        self, name: str, *arguments: str, text: str | None = None, patience: float | None = PATIENCE_SECONDS
    ) -> str:
        """Runs a program of this PostgreSQL (psql, pg_dump, …) as a client; its standard output. `patience` is how
        many seconds it may take."""
        path = Path((self.directory / "bindir").read_text().strip()) / name
        command = [str(path), "-h", str(self.directory), "-p", "5432", "-U", "postgres", *arguments]
        done = subprocess.run(command, input=text, capture_output=True, encoding="utf-8", timeout=patience)
        assert done.returncode == 0, f"{name} failed: {done.stderr}"
        return done.stdout


def script(*arguments, conf: str = "") -> None:
    """scripts/server; its error is this one's."""
    done = subprocess.run(
        [str(SERVER_SCRIPT), *map(str, arguments)], input=conf, capture_output=True, encoding="utf-8", timeout=300
    )
    if done.returncode != 0:
        raise RuntimeError(f"scripts/server {arguments[0]}: {done.stderr}")


@contextmanager
def running(keys: list[str], conf: str = ""):
    """A server for the length of a with block."""
    server = Server(keys, conf)
    try:
        yield server
    finally:
        server.stop()


def wait_until(what: str, condition):
    """Polls until the condition gives something true, and returns that."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (result := condition()):
        assert time.monotonic() < deadline, f"waited {PATIENCE_SECONDS} s in vain: {what}"
        time.sleep(0.02)
    return result


def value_of(session: psycopg.Connection, query: str, *parameters):
    """The only column of the only row."""
    rows = session.execute(query, parameters).fetchall()
    assert len(rows) == 1 and len(rows[0]) == 1, f"one value wanted, got {len(rows)} rows"
    return rows[0][0]
