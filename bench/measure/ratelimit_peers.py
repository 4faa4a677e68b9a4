"""What drives a decision and what it is held against: pgbench, Redis, the upsert of rate-limiter-flexible."""

import csv
import json
import os
import re
import resource
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from .conversions import PROCESSOR
from .session import cpu_nanoseconds

CLIENTS, PIPELINE = 8, 64
_PEER = Path(__file__).parents[1] / "peer"
_TICK = 1e9 / os.sysconf("SC_CLK_TCK")


class Processor:
    """Processor time of a whole server and of the programs that this one has run. When nothing else wants the
    processor, throughput comes from it; when something does, it stays the same."""

    def __init__(self, backend_pid):
        self._postmaster = self._stat(backend_pid)[1]
        self._start = self._now()

    def nanoseconds(self):
        """Since this was made. The server is told of its children's end a little after their clients."""
        time.sleep(0.1)
        return self._now() - self._start

    def _now(self):
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        ended = sum(map(int, self._stat(self._postmaster)[13:15])) * _TICK
        children = Path(f"/proc/{self._postmaster}/task/{self._postmaster}/children").read_text().split()
        return ended + sum(map(self._of_process, children)) + 1e9 * (usage.ru_utime + usage.ru_stime)

    @staticmethod
    def _of_process(pid):
        try:
            return cpu_nanoseconds(pid)
        except (FileNotFoundError, ProcessLookupError):
            return 0

    @staticmethod
    def _stat(pid):
        """The fields of /proc/PID/stat that come after the program's name: state, parent, and so on."""
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()


@dataclass(frozen=True)
class PgBench:
    """One transaction, with :k for the key; the keys count up from `first`. `variables` are pgbench's, and
    `environment` is the connection's."""

    sql: str
    keys: int = 1
    first: int = 1
    clients: int = CLIENTS
    variables: tuple = ()
    environment: tuple = ()

    def cost(self, session, seconds):
        """Nanoseconds of wall-clock time a transaction, all clients taken together; and of processor time, that of the
        session's server."""
        processor = Processor(session.pid)
        variables = [f"-D{name}={value}" for name, value in (("k", self.first), *self.variables)]
        choose = f"\\set k random({self.first}, {self.first + self.keys - 1})\n" if self.keys > 1 else ""
        result = subprocess.run(
            ["pgbench", "-n", "-M", "prepared", "-c", str(self.clients), "-j", str(min(self.clients, 2)), "-T",
             str(seconds), *variables, "-f", "-"], input=f"{choose}{self.sql}\n", text=True, capture_output=True,
            check=False, env={**os.environ, **dict(self.environment)})
        count = re.search(r"^number of transactions actually processed: ([0-9]+)", result.stdout, re.M)
        rate = re.search(r"^tps = ([0-9.]+) \(without initial connection time\)$", result.stdout, re.M)
        if result.returncode or not count or not rate:
            raise RuntimeError(f"pgbench could not run {self.sql!r}:\n{result.stderr}")
        return {"": 1e9 / float(rate[1]), PROCESSOR: processor.nanoseconds() / int(count[1])}


class Redis:
    """A Redis server of its own on a private Unix socket that keeps nothing on disk, ended with the `with`."""

    # Limit and seconds. A bucket with as high a limit would be full again after each hit, and Redis forget it.
    _LIMITS = {"fixed_window": ("2000000000", "3600"), "gcra": ("10000", "3600")}

    def __init__(self, directory, keys):
        self._socket, self._keys = f"{directory}/redis.sock", keys
        self._server = subprocess.Popen(
            ["redis-server", "--port", "0", "--unixsocket", self._socket, "--save", "", "--appendonly", "no",
             "--dir", directory, "--logfile", f"{directory}/redis.log"])

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

    def script(self, name):
        """Loads a script, and makes the command that calls it for one of the keys."""
        digest = self._ask("SCRIPT", "LOAD", (_PEER / f"{name}.lua").read_text(encoding="utf-8"))
        call = ("EVALSHA", digest, "1", "key:__rand_int__", *self._LIMITS[name])
        self._ask(*call)
        return call

    def round_trips(self, call, seconds):
        """Nanoseconds of wall-clock time a decision, one a round trip, all clients taken together."""
        rate = self._bench(call, 20_000)
        return 1e9 / self._bench(call, int(rate * seconds))

    def pipelined(self, call, count):
        """Nanoseconds of the server's CPU time a decision, many on the way at once."""
        start = cpu_nanoseconds(self._server.pid)
        self._bench(call, count, PIPELINE)
        return (cpu_nanoseconds(self._server.pid) - start) / count

    def _ask(self, *words):
        return subprocess.run(["redis-cli", "-e", "-s", self._socket, *words],
                              capture_output=True, text=True, check=True).stdout.strip()

    def _bench(self, call, requests, pipeline=1):
        """Requests a second, as redis-benchmark counts them."""
        report = subprocess.run(
            ["redis-benchmark", "-s", self._socket, "-c", str(CLIENTS), "-n", str(requests), "-P", str(pipeline),
             "-r", str(self._keys), "--csv", *call], capture_output=True, text=True, check=True).stdout
        return float(next(csv.DictReader(report.splitlines()))["rps"])


class Upsert:
    """What rate-limiter-flexible sends to its PostgreSQL store, with every key in its table. The package itself is
    asked for its SQL (bench/peer/upsert.js), and pgbench sends that text as it stands: its parameters keep their
    numbers, since pgbench only numbers the names that it finds, in their order."""

    _NAMES = ("k", "points", "expire", "now")

    def __init__(self, session, package, is_logged, keys):
        table = f"bench_upsert_{'logged' if is_logged else 'unlogged'}"
        asked = json.loads(subprocess.run(
            ["node", _PEER / "upsert.js", package, table], capture_output=True, text=True, check=True).stdout)
        self._sql, self._values = asked["hit"]["text"].strip(), asked["hit"]["values"]
        for number, name in enumerate(self._NAMES, start=1):
            self._sql = self._sql.replace(f"${number}", f":{name}", 1)
        self._environment = () if is_logged else (("PGOPTIONS", "-c synchronous_commit=off"),)
        session.query(asked["create"]["text"].strip().rstrip(";"))
        if not is_logged:
            session.query(f"ALTER TABLE {table} SET UNLOGGED")
        _, points, expire, _ = self._values
        session.query(f"INSERT INTO {table} SELECT k, {points}, {expire} FROM generate_series(1, {keys}) AS k")
        session.query(f"VACUUM (FREEZE, ANALYZE) {table}")

    def script(self, keys):
        """A hit on one of so many keys, the way the package's own driver sends it."""
        return PgBench(self._sql, keys, environment=self._environment,
                       variables=tuple(zip(self._NAMES[1:], self._values[1:], strict=True)))
