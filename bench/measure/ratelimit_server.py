"""More servers than the one that the benchmark was started with, each for as long as it is measured."""

import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

_SERVER = Path(__file__).parents[2] / "scripts" / "server"


@contextmanager
def directory():
    """Where servers can be put: their user passes through it."""
    with tempfile.TemporaryDirectory(prefix="phone_crypt.", dir="/tmp") as path:
        Path(path).chmod(0o711)
        yield path


@contextmanager
def server(pg_config, path, conf):
    """The directory of a server's socket, for as long as it runs."""
    subprocess.run([_SERVER, "start", pg_config, path, "-"], input=conf, text=True, check=True)
    try:
        yield path
    finally:
        subprocess.run([_SERVER, "stop", path], check=True)
