"""The part of the page on moving a database over, wholly written from one run."""

from dataclasses import dataclass

from .migration_growth import GROWING
from .migration_sides import (
    DECRYPT,
    DROP,
    ENCRYPT,
    ENCRYPT_CONTACTS,
    MIGRATE,
    PEER_ENCRYPT,
    PEER_ENCRYPT_CONTACTS,
    PEER_IN_BATCHES,
    PEER_MIGRATE,
    PROCEDURES,
    ROTATE,
)
from .migration_watch import TRANSACTION, WAITS
from .table import microseconds, rows

WANTED = (
    (f"`{MIGRATE}`", MIGRATE, PEER_MIGRATE, 1.3),
    (f"`{ENCRYPT}`, contacts", ENCRYPT_CONTACTS, PEER_ENCRYPT_CONTACTS, 1.0),
    (f"`{ENCRYPT}`, customers", ENCRYPT, PEER_ENCRYPT, 1.0),
)
# Modes that hold up somebody who reads or writes rows, and what they let through.
_MODES = {
    "RowExclusiveLock": "row exclusive (holds nobody up who reads or writes)",
    "ShareUpdateExclusiveLock": "share update exclusive (as before)",
    "ShareLock": "share (writers wait)",
    "ShareRowExclusiveLock": "share row exclusive (writers wait)",
    "AccessExclusiveLock": "access exclusive (everybody waits)",
}


@dataclass(frozen=True)
class Results:
    """Everything that one run found out."""

    options: object
    machine: dict
    rounds: object
    growth: dict
    lock_rows: int
    locks: dict


def _times(spread):
    return f"{spread.median:.2f} × ({spread.least:.2f}–{spread.most:.2f})"


def _micro(rounds, name):
    return microseconds(rounds.cost(name).median)


def _milli(seconds):
    return f"{seconds * 1000:.0f}" if seconds * 1000 >= 9.5 else f"{seconds * 1000:.1f}"


def _met(ratio, wanted):
    return "yes" if ratio.median <= wanted else "**no**"


def ratio_table(rounds):
    """Against the peers, in what the client waits and in processor time."""
    def cells(work, ours, peer, wanted):
        elapsed = rounds.ratio(ours, peer)
        processor = rounds.ratio(f"{ours} processor", f"{peer} processor")
        return [work, peer.split(",")[0], f"≤ {wanted} ×", _times(elapsed), _met(elapsed, wanted), _times(processor),
                _met(processor, wanted), _micro(rounds, ours), _micro(rounds, peer)]

    head = ["work", "peer", "wanted", "time", "met", "processor time", "met", "ours, µs a row", "peer, µs a row"]
    return rows(head, (cells(*wanted) for wanted in WANTED))


def _batches(rounds, figure=""):
    return _times(rounds.ratio(f"{PEER_IN_BATCHES}{figure}", f"{PEER_ENCRYPT}{figure}"))


def cost_table(rounds):
    """The procedures without a peer."""
    return rows(["work", "µs a row", "of the processor"],
                ([f"`{name}`", _micro(rounds, name), _micro(rounds, f"{name} processor")]
                 for name in (ROTATE, DROP, DECRYPT)))


def growth_table(growth):
    """Time a row and memory, by number of rows."""
    def cells(name, number, found):
        return [f"`{name}`", f"{number:,}", microseconds(found.elapsed * 1e9), microseconds(found.processor * 1e9),
                f"{found.memory / 1e6:.1f}"]

    lines = sorted(growth.items(), key=lambda item: (GROWING.index(item[0][0]), item[0][1]))
    return rows(["work", "rows", "µs a row", "of the processor", "private memory at most, MB"],
                (cells(name, number, found) for (name, number), found in lines))


def lock_table(locks):
    """The longest locks and waits."""
    def cells(name):
        found = locks[name]
        modes = (f"{label}: {_milli(found.held[mode])}" for mode, label in _MODES.items() if mode in found.held)
        return [f"`{name}`", "; ".join(modes), _milli(found.held.get(TRANSACTION, 0.0)),
                *(_milli(found.waited[what]) for what in WAITS), f"{found.count:,}"]

    return rows(["work", "longest lock on the table by mode, ms", "on a row at most, ms", "longest wait reading, ms",
                 "writing, ms", "waits measured"], map(cells, PROCEDURES))


def render(results):
    """The part."""
    options = results.options
    facts = "\n".join(f"* {label}: {value}" for label, value in results.machine.items())
    return f"""## Moving a database over

One run, {options.rounds} rounds; in each round everything is done once, ours right after its peer, each on a new copy
of one table of {options.rows:,} rows, after VACUUM FREEZE and a CHECKPOINT. Ratios are taken within a round; the table
gives their median, with the least and the most.

{facts}

The server has `fsync` on, `synchronous_commit` on, `shared_buffers` 1 GB, no autovacuum and no checkpoint that falls
into a measurement; `jit = off`, `max_parallel_workers_per_gather = 0`. Ours runs with its default batch of 5,000 rows
and a COMMIT after each; the peer is one statement and one COMMIT. The processor time is the backend's: what else runs
on the machine moves it less.

{ratio_table(results.rounds)}

* **{PEER_MIGRATE}**: the earlier application's `rate_limits`, every row a phone number in E.164 and no two the same,
  since that is all that one UPDATE with pgcrypto can do: `id = 'phone_hash:' || encode(hmac(…), 'hex')`. Ours
  normalises each number, merges what meets under one hash, and leaves out what others have locked.
* **{PEER_ENCRYPT}**: the peer writes the same two columns: random IV, AES-256-CBC, HMAC-SHA-256 over IV and
  ciphertext, in hexadecimal; and an HMAC as the hash. It is given the columns and the partial index beforehand, which
  ours makes in its time. Contacts have a primary key and a `phone text`; customers have a unique index on it, too.

What keeps the wish for customers from being met is the COMMIT after each batch. The peer's own UPDATE of the
customers, in batches of 5,000 rows with a COMMIT each, takes {_batches(results.rounds)}
the time of the one statement, {_batches(results.rounds, " processor")} its processor time.
With it, entries of the unique index on the plain text can be removed while the work goes on (bottom-up deletion), and
for every few rows PostgreSQL does so. The one statement leaves them where they are: with a million rows that index
ended at 60 MB, after batches at 40.

The others go on from there, on the customers:

{cost_table(results.rounds)}

### Against the number of rows

Wanted: time a row and memory that do not grow. What grows by nature is the height of the indexes, and the part of them
that is not in the processor's caches. The memory is the backend's own (`RssAnon`, looked at a hundred times a second);
that of the migration is mostly the filter of keys, which has one size.

{growth_table(results.growth)}

### Who has to wait meanwhile

{results.lock_rows:,} rows. Another session looks at `pg_locks` all the while; how long a lock was held is exact to some
milliseconds. A row is locked for no longer than the transaction that locked it has been writing. A third session reads
and writes single rows where the procedure is at work.

{lock_table(results.locks)}
"""
