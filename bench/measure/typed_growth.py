"""The conversion against the number of rows: time a row, memory, and how long it holds somebody up who writes."""

from dataclasses import dataclass

from .migration_sides import migrating_session
from .migration_tables import CUSTOMERS
from .migration_watch import Memory
from .rounds import Spread
from .typed_conversion import Conversion
from .typed_watch import RowWriter

# Of the rows that the data type is measured with.
_PARTS = (100, 10, 1)


@dataclass(frozen=True)
class Growth:
    """Conversions of so many rows: seconds a row, and bytes of private memory at most. Where somebody wrote meanwhile:
    the seconds that he waited at the swap, and at most."""

    elapsed: Spread
    processor: Spread
    memory: int
    at_swap: Spread
    longest: Spread


def measure(rows, count, say):
    """By number of rows."""
    return {rows // part: _of(rows // part, count, say) for part in _PARTS}


def _of(rows, count, say):
    with migrating_session() as session:
        CUSTOMERS.fill(session, rows)
    alone, memories, writers = [], [], []
    for _ in range(count):
        memories.append(Memory())
        alone.append(Conversion(CUSTOMERS).run(memories[-1]))
        writers.append(RowWriter(CUSTOMERS.name))
        Conversion(CUSTOMERS).run(writers[-1])
    say(f"growth: {rows:,} rows")
    return Growth(
        elapsed=Spread.of(took.elapsed / rows for took in alone),
        processor=Spread.of(took.processor / rows for took in alone),
        memory=max(memory.most for memory in memories),
        at_swap=Spread.of(writer.at_swap for writer in writers),
        longest=Spread.of(writer.longest for writer in writers),
    )
