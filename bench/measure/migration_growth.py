"""Time a row and memory against the number of rows, and who has to wait meanwhile."""

from dataclasses import dataclass

from .migration_sides import ENCRYPT, MIGRATE, NEW_KEY, OLD_KEY, PROCEDURES, SIDES, migrating_session
from .migration_tables import CUSTOMERS, LIMITS, id_of_limit
from .migration_watch import Memory, RowWaits, TableLocks, Together

NUMBERS = (10_000, 100_000, 1_000_000)
GROWING = (MIGRATE, ENCRYPT)
_TABLES = {MIGRATE: LIMITS, ENCRYPT: CUSTOMERS}
_READ_LIMIT = f"SELECT count FROM {LIMITS.name} WHERE id = {id_of_limit('{row}')}"
_WRITE_LIMIT = f"UPDATE {LIMITS.name} SET count = count + 1 WHERE id = {id_of_limit('{row}')}"
_READ_CUSTOMER = f"SELECT name FROM {CUSTOMERS.name} WHERE id = {{row}}"
_WRITE_CUSTOMER = f"UPDATE {CUSTOMERS.name} SET name = name || '.' WHERE id = {{row}}"


@dataclass(frozen=True)
class Growth:
    """What one procedure took for so many rows: a row's seconds, and bytes of private memory in all."""

    elapsed: float
    processor: float
    memory: int


@dataclass(frozen=True)
class Locks:
    """Seconds: the longest locks by mode and the longest waits, and how many waits were measured."""

    held: dict
    waited: dict
    count: int


def measure(numbers, say):
    """By procedure and number of rows."""
    found = {}
    for rows in numbers:
        for name in GROWING:
            with migrating_session() as session:
                _TABLES[name].fill(session, rows)
            memory = Memory()
            took = SIDES[name].run(memory)
            found[name, rows] = Growth(took.elapsed / rows, took.processor / rows, memory.most)
        say(f"growth: {rows:,} rows")
    return found


def measure_locks(rows, say):
    """By procedure, with somebody who reads and writes rows all the while."""
    with migrating_session() as session:
        LIMITS.fill(session, rows)
        CUSTOMERS.fill(session, rows)
    found = {}
    for name in PROCEDURES:
        table, read, write = ((LIMITS, _READ_LIMIT, _WRITE_LIMIT) if name == MIGRATE
                              else (CUSTOMERS, _READ_CUSTOMER, _WRITE_CUSTOMER))
        key = OLD_KEY if name in (MIGRATE, ENCRYPT) else NEW_KEY
        locks, waits = TableLocks(table.name), RowWaits(lambda key=key: migrating_session(key), read, write)
        SIDES[name].run(Together(locks, waits))
        found[name] = Locks(dict(locks.longest), waits.longest, waits.count)
        say(f"locks of {name}")
    return found
