"""Throughput with one decision a transaction, driven by pgbench: prepared statements over a Unix socket."""

import os
import re
import subprocess
from dataclasses import dataclass

from .processor import Watch
from .ratelimit_setup import KEYS

CLIENTS = 8
_COUNT = re.compile(r"^number of transactions actually processed: ([0-9]+)", re.M)
_TPS = re.compile(r"^tps = ([0-9.]+) \(without initial connection time\)$", re.M)


@dataclass(frozen=True)
class Script:
    """One transaction, with :k for the key; the keys count up from `first`. `variables` are pgbench's, and
    `environment` is the connection's."""

    sql: str
    keys: int = 1
    first: int = 1
    clients: int = CLIENTS
    variables: tuple = ()
    environment: tuple = ()

    def cost(self, meter):
        """Nanoseconds of wall-clock time a transaction, all clients taken together."""
        watch = Watch(meter.session.pid)
        transactions, rate = self._run(meter.seconds)
        meter.processor = watch.nanoseconds() / transactions
        return 1e9 / rate

    def _run(self, seconds):
        """Transactions, and transactions a second."""
        result = subprocess.run(
            self._command(seconds), input=self._text(), text=True, capture_output=True, check=False,
            env={**os.environ, **dict(self.environment)})
        count, rate = _COUNT.search(result.stdout), _TPS.search(result.stdout)
        if result.returncode or not count or not rate:
            raise RuntimeError(f"pgbench could not run {self.sql!r}:\n{result.stderr}")
        return int(count[1]), float(rate[1])

    def _command(self, seconds):
        variables = [("k", self.first), *self.variables]
        return ["pgbench", "-n", "-M", "prepared", "-c", str(self.clients), "-j", str(min(self.clients, 2)),
                "-T", str(seconds), *(f"-D{name}={value}" for name, value in variables), "-f", "-"]

    def _text(self):
        last = self.first + self.keys - 1
        choose = f"\\set k random({self.first}, {last})\n" if self.keys > 1 else ""
        return f"{choose}{self.sql}\n"


def spread(sql, **more):
    """Over 100,000 keys."""
    return Script(sql, keys=KEYS, **more)


def hot(sql, **more):
    """On one key."""
    return Script(sql, **more)
