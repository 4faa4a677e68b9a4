"""What running work asks of others: memory, and how long the table's writers wait."""

import threading
from contextlib import nullcontext
from pathlib import Path


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


class RowWriter(Watcher):
    """Updates one row all the while that its table is converted: how long, in nanoseconds, that update waited that the swap
    came before. No batch locks the row, since it was encrypted when it was first updated; what is waited for is the table."""

    seconds = 0.0005
    at_swap = None

    def __init__(self, connect, table):
        super().__init__(connect)
        self._sql = f"UPDATE {table} SET name = 'updated' WHERE id = 1 RETURNING pg_typeof(phone)"

    def look(self):
        waited, type_of_column = self._session.timed(self._sql)
        if self.at_swap is None and type_of_column == "encrypted_phone":
            self.at_swap = waited
