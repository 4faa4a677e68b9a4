"""Throughput with one decision a transaction, driven by pgbench: prepared statements over a Unix socket."""

import os
import re
import subprocess
from dataclasses import dataclass

from .ratelimit_setup import KEYS

CLIENTS = 8
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
        return 1e9 / self._rate(meter.seconds)

    def _rate(self, seconds):
        """Transactions a second."""
        result = subprocess.run(
            self._command(seconds), input=self._text(), text=True, capture_output=True, check=False,
            env={**os.environ, **dict(self.environment)})
        match = _TPS.search(result.stdout)
        if result.returncode or not match:
            raise RuntimeError(f"pgbench could not run {self.sql!r}:\n{result.stderr}")
        return float(match[1])

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
