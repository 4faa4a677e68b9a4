"""The part of the page on the data type and its conversion, wholly written from one run."""

from dataclasses import dataclass

from .table import microseconds, rows
from .typed_conversion import (
    CONVERT_CONTACTS,
    CONVERT_CUSTOMERS,
    PEER_CONTACTS,
    PEER_CONTACTS_UNINDEXED,
    PEER_CUSTOMERS,
)
from .typed_tables import HUNDRED, LOOK_UPS

_SWAP_WANTED = 0.010


@dataclass(frozen=True)
class Results:
    """Everything that one run found out."""

    options: object
    machine: dict
    rounds: object
    conversion_rows: int
    conversion_rounds: int
    conversion: object
    growth: dict


@dataclass(frozen=True)
class Comparison:
    """A row of a table: ours, its peer, at most how much of it ours is wanted to be, and how figures are shown."""

    work: str
    ours: str
    against: str
    peer: str
    wanted: float | None
    shown: object


def _bytes(size):
    return f"{size:.0f} bytes"


def _micro(nanoseconds):
    return f"{microseconds(nanoseconds)} µs"


def _nano(nanoseconds):
    return f"{nanoseconds:.1f} ns"


RATIOS = (
    Comparison("size, filled row by row", "typed size by rows", "two columns of text", "pair size by rows", 0.65,
               _bytes),
    Comparison("size, index made afterwards", "typed size", "two columns of text", "pair size", 0.65, _bytes),
    Comparison("INSERT with the index", "typed insert", "`phone_encrypt`, `phone_hash`", "pair insert", 0.8, _micro),
    Comparison("`WHERE phone = $1`", "typed look-up", "`WHERE phone_hash = phone_hash($1)`", "pair look-up", 0.95,
               _micro),
    Comparison(f"`WHERE phone = ANY ($1)`, {HUNDRED} numbers", "typed any",
               "`WHERE phone_hash = ANY (ARRAY(SELECT phone_hash(…)))`", "pair any", None, _micro),
    Comparison("hash join on `phone`", "typed join", "hash join on `phone_hash`", "pair join", 0.9, _micro),
)
# Nanoseconds that ours may take more than the peer.
DIFFERENCES = (
    Comparison("COPY into a column", "typed copy", "a column of text", "text copy", 450, _nano),
    Comparison("`count(phone::encrypted_phone)`", "typed cast", "`count(phone)`", "text cast", 450, _nano),
    Comparison("`value = value`", "typed comparison", "the same of `uuid`", "uuid comparison", 10, _nano),
)
CONVERSIONS = (
    Comparison("customers: unique", CONVERT_CUSTOMERS, "UPDATE, with a unique index on the hash", PEER_CUSTOMERS, 1.5,
               _micro),
    Comparison("contacts: no index", CONVERT_CONTACTS, "UPDATE, with an index on the hash", PEER_CONTACTS, 1.0, _micro),
    Comparison("contacts: no index", CONVERT_CONTACTS, "UPDATE, without an index", PEER_CONTACTS_UNINDEXED, None,
               _micro),
)


def _times(spread):
    return f"{spread.median:.2f} × ({spread.least:.2f}–{spread.most:.2f})"


def _nanoseconds(spread):
    return f"{spread.median:.1f} ({spread.least:.1f}–{spread.most:.1f})"


def _milliseconds(spread):
    return f"{spread.median * 1000:.1f} ({spread.least * 1000:.1f}–{spread.most * 1000:.1f})"


def _met(figure, wanted):
    if wanted is None:
        return ""
    return "yes" if figure <= wanted else "**no**"


def _at_most(wanted, unit):
    return "" if wanted is None else f"≤ {wanted} {unit}"


def ratio_table(rounds):
    """What is held against the two columns of text."""
    def cells(row):
        ratio = rounds.ratio(row.ours, row.peer)
        return [row.work, row.against, _at_most(row.wanted, "×"), _times(ratio), _met(ratio.median, row.wanted),
                row.shown(rounds.cost(row.ours).median), row.shown(rounds.cost(row.peer).median)]

    return rows(["work", "peer", "wanted", "ratio", "met", "ours", "peer"], map(cells, RATIOS))


def difference_table(rounds):
    """What is held against a type of PostgreSQL's own."""
    def cells(row):
        more = rounds.difference(row.ours, row.peer)
        return [row.work, row.against, _at_most(row.wanted, "ns"), _nanoseconds(more), _met(more.median, row.wanted),
                row.shown(rounds.cost(row.ours).median), row.shown(rounds.cost(row.peer).median)]

    return rows(["work", "peer", "wanted", "ns more", "met", "ours", "peer"], map(cells, DIFFERENCES))


def conversion_table(rounds):
    """Against the UPDATE, in what the client waits and in processor time."""
    def cells(row):
        elapsed = rounds.ratio(row.ours, row.peer)
        processor = rounds.ratio(f"{row.ours} processor", f"{row.peer} processor")
        return [row.work, row.against, _at_most(row.wanted, "×"), _times(elapsed), _met(elapsed.median, row.wanted),
                _times(processor), _met(processor.median, row.wanted),
                row.shown(rounds.cost(row.ours).median), row.shown(rounds.cost(row.peer).median)]

    head = ["table", "peer", "wanted", "time", "met", "processor time", "met", "ours, a row", "peer, a row"]
    return rows(head, map(cells, CONVERSIONS))


def growth_table(growth):
    """By number of rows."""
    def cells(number, found):
        return [f"{number:,}", microseconds(found.elapsed.median * 1e9), microseconds(found.processor.median * 1e9),
                f"{found.memory / 1e6:.1f}", _milliseconds(found.at_swap), _met(found.at_swap.most, _SWAP_WANTED),
                _milliseconds(found.longest)]

    head = ["rows", "µs a row", "of the processor", "private memory at most, MB", "wait at the swap, ms",
            f"≤ {_SWAP_WANTED * 1000:.0f} ms", "longest wait, ms"]
    return rows(head, (cells(*item) for item in growth.items()))


def render(results):
    """The part."""
    options = results.options
    facts = "\n".join(f"* {label}: {value}" for label, value in results.machine.items())
    return f"""## The data type encrypted_phone

One run, {options.rounds} rounds; in each round everything is measured once, ours right after its peer. Ratios and
differences are taken within a round; the tables give their median, with the least and the most.

{facts}

The server has `fsync` on, `synchronous_commit` on, `shared_buffers` 2 GB, no autovacuum and no checkpoint that falls
into a measurement; `jit = off`, `max_parallel_workers_per_gather = 0`.

### Beside two columns of text

{options.rows:,} numbers, no two the same. Ours are in one table `(id bigint, phone encrypted_phone UNIQUE)`; the peer's
in one `(id bigint, phone_encrypted text, phone_hash text UNIQUE)`, filled with `phone_encrypt` and `phone_hash`. Sizes
are of the table and its index, a row; the rest is processor time of the backend, for a row or a look-up.

{ratio_table(results.rounds)}

* **Size**: rows come in no order of the index, so that row by row its pages end less full than where it is made
  afterwards.
* **Look-ups**: {min(LOOK_UPS, options.rows):,} a round, each a prepared statement that a loop in the server executes; a
  round trip would be the same for both. Plans are looked at before: an index scan each.
* **Hash join**: the table with one of the same rows in another order, in memory (`work_mem` 512 MB).

### Beside types of PostgreSQL's own

Processor time of the backend, for a row or a comparison. The numbers are E.164. COPY reads them from a file into a
table without an index. Values of both types are compared with themselves, many times in a row, and what reading the row
takes is taken off.

{difference_table(results.rounds)}

### Converting a column

`phone_encrypt_column` on a table of {results.conversion_rows:,} rows, {results.conversion_rounds} rounds, each on a new
copy, after VACUUM FREEZE and a CHECKPOINT. Ours is everything from the first CALL to the swap, the statements of
`phone_column_statements` included, with a COMMIT after each batch of 5,000 rows. The peer is one UPDATE and one COMMIT:
random IV, AES-256-CBC, HMAC-SHA-256 over IV and ciphertext, in hexadecimal, and an HMAC as the hash, by pgcrypto; its
columns and its index are made before, unmeasured. Customers have a primary key and a unique `phone text NOT NULL`,
contacts a primary key and a `phone text`, on which ours makes no index either.

{conversion_table(results.conversion)}

Customers, by number of rows. Wanted: time a row that does not grow, and a swap that holds a writer up for at most
{_SWAP_WANTED * 1000:.0f} ms in every round, whatever the size. The waits are from conversions of their own, during
which a session updates one row again and again, half a millisecond after each answer, and nobody else uses the table. Of
a table of up to 16 MB the indexes are made under a lock at the beginning. The memory is the backend's own (`RssAnon`).

{growth_table(results.growth)}
"""
