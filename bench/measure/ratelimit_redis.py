"""The peer beside the server: Redis with a script, on a private Unix socket, keeping nothing on disk."""

import csv
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from .ratelimit_pgbench import CLIENTS
from .ratelimit_setup import KEYS
from .session import cpu_nanoseconds

PIPELINE = 64
_SCRIPTS = Path(__file__).parents[1] / "peer"
# Limit and seconds. A bucket with as high a limit would be full again after each hit, and Redis forget it.
_LIMITS = {"fixed_window": (2_000_000_000, 3600), "gcra": (10_000, 3600)}
# How many requests tell what a run of some seconds takes.
_TRIAL = 20_000


class Redis:
    """A Redis server of its own, ended with the `with`."""

    def __init__(self, directory):
        self._socket = f"{directory}/redis.sock"
        self._server = subprocess.Popen(
            ["redis-server", "--port", "0", "--unixsocket", self._socket, "--save", "", "--appendonly", "no",
             "--dir", directory, "--logfile", f"{directory}/redis.log"])
        self.pid = self._server.pid

    def __enter__(self):
        end = time.monotonic() + 10
        while not Path(self._socket).exists():
            if self._server.poll() is not None or time.monotonic() > end:
                raise RuntimeError("redis-server did not start")
            time.sleep(0.05)
        return self

    def __exit__(self, *_):
        self._server.terminate()
        self._server.wait()

    def ask(self, *words):
        """One command's answer, as redis-cli shows it."""
        return subprocess.run(["redis-cli", "-e", "-s", self._socket, *words],
                              capture_output=True, text=True, check=True).stdout.strip()

    def script(self, name):
        """Loads a script, and makes the command that calls it for one of the keys."""
        digest = self.ask("SCRIPT", "LOAD", (_SCRIPTS / f"{name}.lua").read_text(encoding="utf-8"))
        limit, seconds = _LIMITS[name]
        call = ("EVALSHA", digest, "1", "key:__rand_int__", str(limit), str(seconds))
        self.ask(*call)
        return call

    def bench(self, call, requests, pipeline=1):
        """Requests a second, as redis-benchmark counts them."""
        report = subprocess.run(
            ["redis-benchmark", "-s", self._socket, "-c", str(CLIENTS), "-n", str(requests), "-P", str(pipeline),
             "-r", str(KEYS), "--csv", *call], capture_output=True, text=True, check=True).stdout
        return float(next(csv.DictReader(report.splitlines()))["rps"])


@dataclass(frozen=True)
class RoundTrips:
    """One decision a round trip."""

    redis: Redis
    call: tuple

    def cost(self, meter):
        """Nanoseconds of wall-clock time a decision, all clients taken together."""
        rate = self.redis.bench(self.call, _TRIAL)
        return 1e9 / self.redis.bench(self.call, int(rate * meter.seconds))


@dataclass(frozen=True)
class Pipelined:
    """Many decisions on the way at once."""

    redis: Redis
    call: tuple

    def cost(self, meter):
        """Nanoseconds of the server's CPU time a decision."""
        start = cpu_nanoseconds(self.redis.pid)
        self.redis.bench(self.call, meter.rows, PIPELINE)
        return (cpu_nanoseconds(self.redis.pid) - start) / meter.rows
