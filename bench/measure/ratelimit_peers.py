"""What drives a decision and what it is held against: pgbench, Redis, the upsert of rate-limiter-flexible."""

import json
import os
import re
import resource
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .conversions import PROCESSOR
from .session import Unexpected, cpu_nanoseconds

CLIENTS, PIPELINE = 8, 64
_PEER = Path(__file__).parents[1] / "peer"
_TICK = 1e9 / os.sysconf("SC_CLK_TCK")


def output_of(*command, **more):
    return subprocess.run(command, capture_output=True, text=True, check=True, **more).stdout


def stat(pid):
    """The fields of /proc/PID/stat that come after the program's name: state, parent, and so on."""
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()


def processor_time(backend):
    """Of the whole server that a backend belongs to and of the programs that this one has run. When nothing else wants the
    processor, throughput comes from it; when something does, it stays the same."""
    # The server is told of its children's end a little after their clients.
    time.sleep(0.1)
    postmaster = stat(backend)[1]
    total = sum(map(int, stat(postmaster)[13:15])) * _TICK
    for pid in Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split():
        try:
            total += cpu_nanoseconds(pid)
        except (FileNotFoundError, ProcessLookupError):
            pass
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return total + 1e9 * (usage.ru_utime + usage.ru_stime)


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
        variables = [f"-D{name}={value}" for name, value in (("k", self.first), *self.variables)]
        choose = f"\\set k random({self.first}, {self.first + self.keys - 1})\n" if self.keys > 1 else ""
        start = processor_time(session.pid)
        report = output_of(
            "pgbench", "-n", "-M", "prepared", "-c", str(self.clients), "-j", str(min(self.clients, 2)), "-T", str(seconds),
            *variables, "-f", "-", input=f"{choose}{self.sql}\n", env={**os.environ, **dict(self.environment)})
        count = re.search(r"^number of transactions actually processed: ([0-9]+)", report, re.M)
        rate = re.search(r"^tps = ([0-9.]+) \(without initial connection time\)$", report, re.M)
        if not count or not rate:
            raise Unexpected(f"pgbench could not run {self.sql!r}")
        return {"": 1e9 / float(rate[1]), PROCESSOR: (processor_time(session.pid) - start) / int(count[1])}


class Redis:
    """A Redis server of its own on a private Unix socket that keeps nothing on disk."""

    # Limit and seconds. A bucket with as high a limit would be full again after each hit, and Redis forget it.
    _LIMITS = {"fixed_window": ("2000000000", "3600"), "gcra": ("10000", "3600")}

    def __init__(self, pid, socket, keys):
        self._pid, self._socket, self._keys = pid, socket, keys

    @classmethod
    @contextmanager
    def started(cls, directory, keys):
        socket = Path(directory) / "redis.sock"
        with subprocess.Popen(["redis-server", "--port", "0", "--unixsocket", socket, "--save", "", "--appendonly", "no",
                               "--dir", directory, "--logfile", f"{directory}/redis.log"]) as server:
            try:
                end = time.monotonic() + 10
                while not socket.exists():
                    if server.poll() is not None or time.monotonic() > end:
                        raise Unexpected("redis-server did not start")
                    time.sleep(0.05)
                yield cls(server.pid, str(socket), keys)
            finally:
                server.terminate()

    def pipelined(self, script, count):
        """Nanoseconds of the server's processor time a decision by a script, many on the way at once."""
        digest = output_of("redis-cli", "-e", "-s", self._socket, "SCRIPT", "LOAD",
                           (_PEER / f"{script}.lua").read_text(encoding="utf-8")).strip()
        start = cpu_nanoseconds(self._pid)
        output_of("redis-benchmark", "-s", self._socket, "-c", str(CLIENTS), "-n", str(count), "-P", str(PIPELINE),
                  "-r", str(self._keys), "-q", "EVALSHA", digest, "1", "key:__rand_int__", *self._LIMITS[script])
        return (cpu_nanoseconds(self._pid) - start) / count


class Upsert:
    """What rate-limiter-flexible sends to its PostgreSQL store, with every key in its table. The package itself is
    asked for its SQL (bench/peer/upsert.js), and pgbench sends that text as it stands: its parameters keep their
    numbers, since pgbench only numbers the names that it finds, in their order."""

    _NAMES = ("k", "points", "expire", "now")

    def __init__(self, session, package, is_logged, keys):
        table = f"bench_upsert_{'logged' if is_logged else 'unlogged'}"
        asked = json.loads(output_of("node", _PEER / "upsert.js", package, table))
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
