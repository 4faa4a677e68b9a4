"""One psql session, and the processor time that its backend spends on a statement."""

import os
import subprocess
from pathlib import Path

# What keeps a statement's processor time in one process, and the same each time.
QUIET = ("jit = off", "max_parallel_workers_per_gather = 0")


class Unexpected(Exception):
    """What would be measured is not what is meant, or the server refused; its message is on standard error."""


def cpu_nanoseconds(pid):
    """Processor time of a process so far. It does not grow while other processes have the processor, which is what makes
    the ratios repeatable on a machine that is not idle."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0])


class Session:
    """A backend of its own, driven through psql. Connection settings come from PGHOST and friends; `host` is for another
    server than that."""

    _DONE = "\x02done"

    def __init__(self, *settings, host=None):
        self._psql = subprocess.Popen(
            ["psql", "-XqAt", "-v", "ON_ERROR_STOP=1"], env={**os.environ, **({"PGHOST": host} if host else {})},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8")
        self.pid = int(self.query("SELECT pg_backend_pid()"))
        for setting in settings:
            self.query(f"SET {setting}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._psql.stdin.close()
        self._psql.wait()

    def query(self, sql):
        """Runs one statement; its rows as text."""
        self._psql.stdin.write(f"{sql};\n\\echo {self._DONE}\n")
        self._psql.stdin.flush()
        lines = []
        for line in self._psql.stdout:
            if line.rstrip("\n") == self._DONE:
                return "\n".join(lines)
            lines.append(line.rstrip("\n"))
        raise Unexpected(f"psql ended with status {self._psql.wait()}")

    def expect(self, answer, sql):
        """Runs a query that must give this one value."""
        found = self.query(sql)
        if found != str(answer):
            raise Unexpected(f"{found}, not {answer}: {sql}")

    def cpu_time(self, sql, answer=None):
        """Processor time of one statement, in nanoseconds."""
        start = cpu_nanoseconds(self.pid)
        self.query(sql) if answer is None else self.expect(answer, sql)
        return cpu_nanoseconds(self.pid) - start

    def cpu_time_alone(self, statement, calls):
        """Processor time of a statement that is executed so often, each time in a transaction of its own. `{n}` in it stands
        for the number of the call."""
        text = "'" + statement.replace("'", "''").replace("{n}", "' || n || '") + "'"
        return self.cpu_time(f"SELECT {text} FROM generate_series(1, {calls}) AS n \\gexec\nSELECT") / calls

    def timed(self, sql):
        """What the client waits for one statement, in nanoseconds, and its rows as text."""
        *rows, report = self.query(f"\\timing on\n{sql};\n\\timing off\nSELECT").splitlines()
        # The last line reads "Time: 0.123 ms", or goes on with minutes in brackets.
        return float(report.split()[1]) * 1e6, "\n".join(rows)
