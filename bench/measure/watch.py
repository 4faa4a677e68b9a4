"""What running work asks of others: locks on the table, waits for a row, memory."""

import random
import threading
import time
from collections import defaultdict
from contextlib import nullcontext
from pathlib import Path

from .session import Session


class Watcher:
    """Looks every so many seconds, from `start` to `stop`, in a session of its own if it is given how to make one."""

    seconds = 0.01

    def __init__(self, connect=nullcontext):
        self._connect = connect

    def start(self, pid):
        self._pid, self._ended, self._error = pid, threading.Event(), None
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def stop(self):
        self._ended.set()
        self._thread.join()
        if self._error:
            raise self._error

    def _run(self):
        try:
            with self._connect() as self._session:
                while not self._ended.wait(self.seconds):
                    self.look()
                self.look()
        except Exception as error:
            self._error = error


class Memory(Watcher):
    """The most private memory that a process has, in bytes. Shared buffers are not its own."""

    most = 0

    def look(self):
        for line in Path(f"/proc/{self._pid}/status").read_text().splitlines():
            if line.startswith("RssAnon:"):
                self.most = max(self.most, int(line.split()[1]) * 1024)


class Locks(Watcher):
    """The longest time in nanoseconds for which a process held a table's locks without a break, by mode; and for which
    a transaction of its had written something, which is the longest that a row was locked."""

    seconds = 0.002

    def __init__(self, table):
        super().__init__(Session)
        self.longest = defaultdict(int)
        self._table, self._held = table, {}

    def look(self):
        # A transaction's lock is another one than that of the transaction before.
        held = set(self._session.query(
            "SELECT CASE locktype WHEN 'relation' THEN mode ELSE 'RowLock' END || ' ' || virtualtransaction"
            f" FROM pg_locks WHERE pid = {self._pid} AND granted AND (locktype = 'transactionid'"
            f" OR locktype = 'relation' AND relation = to_regclass('{self._table}'))").splitlines())
        now = time.monotonic_ns()
        self._held = {lock: self._held.get(lock, now) for lock in held}
        for lock, since in self._held.items():
            mode = lock.split()[0]
            self.longest[mode] = max(self.longest[mode], now - since)


class RowWaits(Watcher):
    """The longest wait in nanoseconds of somebody who reads and writes single rows where the procedure is at work."""

    def __init__(self, connect, statements):
        """In the statements, by what they do, `{row}` stands for the number of a row."""
        super().__init__(connect)
        self.longest = dict.fromkeys(statements, 0)
        self._statements = statements
        self._random = random.Random(1)

    def look(self):
        done = int(self._session.query("SELECT coalesce(max(done), 0) FROM phone_crypt.jobs WHERE state = 'running'"))
        # Within the next batch.
        row = done + self._random.randint(1, 5000)
        for what, sql in self._statements.items():
            self.longest[what] = max(self.longest[what], self._session.timed(sql.format(row=row))[0])


class RowWriter(Watcher):
    """Updates one row all the while that its table is converted. The waits in nanoseconds: the longest, and that of the
    update that the swap came before. No batch locks the row, since it was encrypted when it was first updated; what is
    waited for is the table."""

    seconds = 0.0005
    longest, at_swap = 0, None

    def __init__(self, connect, table):
        super().__init__(connect)
        self._sql = f"UPDATE {table} SET name = 'updated' WHERE id = 1 RETURNING pg_typeof(phone)"

    def look(self):
        waited, type_of_column = self._session.timed(self._sql)
        self.longest = max(self.longest, waited)
        if self.at_swap is None and type_of_column == "encrypted_phone":
            self.at_swap = waited
