"""Somebody who updates one row all the while that its table is converted."""

from .migration_sides import migrating_session
from .migration_watch import Watcher


class RowWriter(Watcher):
    """Waits in seconds: the longest, and that of the update that the swap came before. No batch locks the row, since it
    was encrypted when it was first updated; what is waited for is the table."""

    seconds = 0.0005

    def __init__(self, table):
        self.longest = 0.0
        self.at_swap = None
        self._sql = f"UPDATE {table} SET name = 'updated' WHERE id = 1 RETURNING pg_typeof(phone)"

    def look_all_the_while(self):
        with migrating_session() as self._session:
            # A wait for the disk would count as well.
            self._session.query("SET synchronous_commit = off")
            super().look_all_the_while()
            self.look()

    def look(self):
        milliseconds, type_of_column = self._session.elapsed_and_rows(self._sql)
        self.longest = max(self.longest, milliseconds / 1000)
        if type_of_column == "encrypted_phone" and self.at_swap is None:
            self.at_swap = milliseconds / 1000
