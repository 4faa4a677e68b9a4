"""What a running procedure asks of others: locks on the table, waits for a row, memory."""

import random
import threading
import time
from collections import defaultdict
from pathlib import Path

from .session import Session

_READ, _WRITE = "reading a row", "writing a row"
WAITS = (_READ, _WRITE)
_LOCK_SECONDS, _MEMORY_SECONDS, _WAIT_SECONDS = 0.002, 0.01, 0.01
# The default of the procedures.
_BATCH = 5000
# The lock of a transaction on itself: nothing that it has written is locked for longer.
TRANSACTION = "transaction"


class Watcher:
    """Looks again and again, from `start` to `stop`."""

    seconds = 0.0

    def start(self, pid):
        self._pid = pid
        self._ended = threading.Event()
        self._error = None
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def stop(self):
        self._ended.set()
        self._thread.join()
        if self._error:
            raise self._error

    def _run(self):
        try:
            self.look_all_the_while()
        except Exception as error:
            self._error = error

    def look_all_the_while(self):
        while not self._ended.wait(self.seconds):
            self.look()

    def look(self):
        raise NotImplementedError


class Memory(Watcher):
    """The most private memory that a process has, in bytes. Shared buffers are not its own."""

    seconds = _MEMORY_SECONDS

    def __init__(self):
        self.most = 0

    def look(self):
        for line in Path(f"/proc/{self._pid}/status").read_text().splitlines():
            if line.startswith("RssAnon:"):
                self.most = max(self.most, int(line.split()[1]) * 1024)


class TableLocks(Watcher):
    """The longest time in seconds for which a process held a table's locks without a break, by mode, and for which a
    transaction of its had written something."""

    seconds = _LOCK_SECONDS

    def __init__(self, table):
        self.longest = defaultdict(float)
        self._table = table
        self._held = {}

    def look_all_the_while(self):
        with Session() as self._session:
            super().look_all_the_while()

    def look(self):
        # A transaction's lock is another one than that of the transaction before.
        held = set(self._session.query(
            "SELECT CASE locktype WHEN 'relation' THEN mode ELSE 'transaction' END || ' ' || virtualtransaction"
            f" FROM pg_locks WHERE pid = {self._pid} AND granted AND (locktype = 'transactionid'"
            f" OR locktype = 'relation' AND relation = to_regclass('{self._table}'))").splitlines())
        now = time.monotonic()
        self._held = {lock: self._held.get(lock, now) for lock in held}
        for lock, since in self._held.items():
            mode = lock.split()[0]
            self.longest[mode] = max(self.longest[mode], now - since)


class RowWaits(Watcher):
    """The longest wait in seconds of somebody who reads and writes single rows where the procedure is at work, by
    what was done."""

    seconds = _WAIT_SECONDS

    def __init__(self, session, read, write):
        """`session` makes one; in the statements `{row}` stands for the number of a row."""
        self.longest = dict.fromkeys(WAITS, 0.0)
        self.count = 0
        self._connect = session
        self._statements = {_READ: read, _WRITE: write}
        self._random = random.Random(1)

    def look_all_the_while(self):
        with self._connect() as self._session:
            super().look_all_the_while()

    def look(self):
        done = int(self._session.query("SELECT coalesce(max(done), 0) FROM phone_crypt.jobs WHERE state = 'running'"))
        row = done + self._random.randint(1, _BATCH)
        for what, sql in self._statements.items():
            waited = self._session.elapsed(sql.format(row=row)) / 1000
            self.longest[what] = max(self.longest[what], waited)
        self.count += 1


class Together:
    """Several watchers at a time."""

    def __init__(self, *watchers):
        self._watchers = watchers

    def start(self, pid):
        for watcher in self._watchers:
            watcher.start(pid)

    def stop(self):
        for watcher in self._watchers:
            watcher.stop()
