"""One psql session, and the CPU time that its backend spends on a statement."""

import os
import subprocess
from pathlib import Path


class StatementFailed(Exception):
    """psql ended early; the server's message is on standard error."""


def cpu_nanoseconds(pid):
    """CPU time of a process so far. It does not grow while other processes have the processor, which is
    what makes the ratios repeatable on a machine that is not idle."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0])


class Session:
    """A backend of its own, driven through psql. Connection settings come from PGHOST and friends; `host` is
    for another server than that."""

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
        return self._answer(f"{sql};\n")

    def copy(self, table, lines):
        """Loads lines into a table of one text column."""
        text = "\n".join(lines)
        self._answer(f"COPY {table} FROM STDIN;\n{text}\n\\.\n")

    def cpu_time(self, sql):
        """CPU time of one statement, in nanoseconds."""
        start = cpu_nanoseconds(self.pid)
        self.query(sql)
        return cpu_nanoseconds(self.pid) - start

    def timed(self, sql):
        """What the client waits for one statement, in nanoseconds, and its rows as text."""
        *rows, report = self._answer(f"\\timing on\n{sql};\n\\timing off\n").splitlines()
        # The last line reads "Time: 0.123 ms", or goes on with minutes in brackets.
        return float(report.split()[1]) * 1e6, "\n".join(rows)

    def _answer(self, script):
        self._psql.stdin.write(f"{script}\\echo {self._DONE}\n")
        self._psql.stdin.flush()
        lines = []
        for line in self._psql.stdout:
            if line.rstrip("\n") == self._DONE:
                return "\n".join(lines)
            lines.append(line.rstrip("\n"))
        raise StatementFailed(f"psql ended with status {self._psql.wait()}")
