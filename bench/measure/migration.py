"""The procedures that move a database over, beside one UPDATE with pgcrypto."""

from .conversions import (
    CUSTOMERS,
    LIMITS,
    NEW_KEY,
    NUMBER,
    OLD_KEY,
    PROCESSOR,
    UPDATE_LIMITS,
    Work,
    convert,
    migrating_session,
    update_in_batches,
    update_with_pgcrypto,
)
from .report import ALONE, SHARE, Row, facts, table, write
from .rounds import measure, say
from .session import Session
from .watch import Locks, Memory, RowWaits

MIGRATE, ENCRYPT = "`phone_migrate_rate_limits`", "`phone_encrypt_column`"
ROTATE, DROP, DECRYPT = "`phone_rotate_column`", "`phone_drop_plaintext`", "`phone_decrypt_column`"
PEER_MIGRATE, PEER_ENCRYPT = "UPDATE with hmac", "UPDATE with aes and hmac"
PEER_BATCHES = "the UPDATE in batches"

# In this order: the last three go on from what the one before has left.
WORK = {
    PEER_MIGRATE: Work(LIMITS.copy, UPDATE_LIMITS),
    MIGRATE: Work(LIMITS.copy, f"CALL phone_migrate_rate_limits('{LIMITS.name}', existing_hashes => 'keep')"),
    PEER_BATCHES: Work(lambda s: CUSTOMERS.copy_for_peer(s, "UNIQUE INDEX"), update_in_batches(CUSTOMERS)),
    PEER_ENCRYPT: Work(lambda s: CUSTOMERS.copy_for_peer(s, "UNIQUE INDEX"), update_with_pgcrypto(CUSTOMERS)),
    ENCRYPT: convert(CUSTOMERS),
    ROTATE: Work(CUSTOMERS.settle, f"CALL phone_rotate_column('{CUSTOMERS.name}', 'phone')", NEW_KEY),
    DROP: Work(CUSTOMERS.settle, f"CALL phone_drop_plaintext('{CUSTOMERS.name}', 'phone')", NEW_KEY),
    DECRYPT: Work(CUSTOMERS.settle, f"CALL phone_decrypt_column('{CUSTOMERS.name}', 'phone')", NEW_KEY),
}
# The time that the client waits, and the processor time.
PEERS = [Row(ours + more, peer + more, wanted, SHARE) for ours, peer, wanted in (
    (MIGRATE, PEER_MIGRATE, 1.3), (ENCRYPT, PEER_ENCRYPT, 1.5), (PEER_BATCHES, PEER_ENCRYPT, None)) for more in ("", PROCESSOR)]
OTHERS = [Row(name + more, kind=ALONE) for name in (ROTATE, DROP, DECRYPT) for more in ("", PROCESSOR)]

_READING, _WRITING = "longest wait reading a row", "longest wait writing a row"
_ID_OF_LIMIT = f"(SELECT 'phone:' || {NUMBER} FROM (SELECT {{row}}::bigint AS n) AS r)"
ROWS_OF_LIMITS = {
    _READING: f"SELECT count FROM {LIMITS.name} WHERE id = {_ID_OF_LIMIT}",
    _WRITING: f"UPDATE {LIMITS.name} SET count = count + 1 WHERE id = {_ID_OF_LIMIT}",
}
ROWS_OF_CUSTOMERS = {
    _READING: f"SELECT name FROM {CUSTOMERS.name} WHERE id = {{row}}",
    _WRITING: f"UPDATE {CUSTOMERS.name} SET name = name || '.' WHERE id = {{row}}",
}


def fill(rows, *tables):
    with migrating_session() as session:
        for each in tables:
            each.fill(session, rows)


def growth(numbers):
    """The table of time a row and memory against the number of rows, each beside the least number."""
    figures, rows = {}, []
    for number in numbers:
        for name, filled in ((MIGRATE, LIMITS), (ENCRYPT, CUSTOMERS)):
            fill(number, filled)
            memory = Memory()
            waited, processor = WORK[name].run(memory)
            this, least = f"{name}, {number:,} rows", f"{name}, {numbers[0]:,} rows"
            figures |= {this: waited / number, this + PROCESSOR: processor / number,
                        f"{this}, private memory": memory.most}
            if number != numbers[0]:
                rows += [Row(this + more, least + more, kind=SHARE) for more in ("", PROCESSOR)]
            rows.append(Row(f"{this}, private memory", kind=ALONE, unit="size"))
        say(f"growth: {number:,} rows")
    return table([figures], sorted(rows, key=lambda row: not row.ours.startswith(MIGRATE)))


def locks(number):
    """The table of locks and waits, with somebody who reads and writes rows all the while."""
    fill(number, LIMITS, CUSTOMERS)
    figures = {}
    for name in (MIGRATE, ENCRYPT, ROTATE, DROP, DECRYPT):
        changed, statements = (LIMITS, ROWS_OF_LIMITS) if name == MIGRATE else (CUSTOMERS, ROWS_OF_CUSTOMERS)
        key = OLD_KEY if name in (MIGRATE, ENCRYPT) else NEW_KEY
        held, waits = Locks(changed.name), RowWaits(lambda key=key: migrating_session(key), statements)
        WORK[name].run(held, waits)
        figures |= {f"{name}, longest {mode}": longest for mode, longest in sorted(held.longest.items())
                    if mode != "AccessShareLock"}
        figures |= {f"{name}, {what}": longest for what, longest in waits.longest.items()}
        say(f"locks of {name}")
    return table([figures], [Row(name, kind=ALONE) for name in figures])


def main(options):
    """Called with what bench/run gives for this part."""
    with Session() as session:
        session.query("CREATE EXTENSION phone_crypt")
        session.query("CREATE EXTENSION pgcrypto")
        head = facts(options, session, {
            "pgcrypto": session.query("SELECT extversion FROM pg_extension WHERE extname = 'pgcrypto'")})
    fill(options.rows, LIMITS, CUSTOMERS)
    rounds = measure({name: work.side(options.rows) for name, work in WORK.items()}, options.rounds, warm_up=False)
    write(options, head, {
        "Beside one UPDATE": table(rounds, PEERS),
        "The other procedures": table(rounds, OTHERS),
        "Against the number of rows": growth([options.rows // part for part in (200, 20, 2)]),
        f"Who has to wait meanwhile, {options.rows // 4:,} rows": locks(options.rows // 4),
    })


def large(options):
    """Migrates and encrypts very many rows once. Called by scripts/soak; its figures are written down by hand."""
    with Session() as session:
        session.query("CREATE EXTENSION phone_crypt")
    print(growth([options.rows // 10, options.rows]))
