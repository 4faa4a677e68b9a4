"""The procedures that move a database over: the rate limits beside one UPDATE with pgcrypto, and against their number."""

from .conversions import CUSTOMERS, LIMITS, MIGRATE_LIMITS, PROCESSOR, UPDATE_LIMITS, convert, fill
from .report import ALONE, SHARE, Row, facts, measure, say, table, write
from .session import Session
from .watch import Memory

MIGRATE, ENCRYPT, UPDATE = "`phone_migrate_rate_limits`", "`phone_encrypt_column`", "UPDATE with hmac"


def growth(name, work, filled, numbers):
    """The table of time a row and memory against the number of rows, each beside the least number."""
    figures, rows = {}, []
    least = f"{name}, {numbers[0]:,} rows"
    for number in numbers:
        fill(number, filled)
        memory, this = Memory(), f"{name}, {number:,} rows"
        figures |= {this + more: cost for more, cost in work.cost(number, memory).items()}
        figures[f"{this}, private memory"] = memory.most
        rows += [Row(this + more, least + more, kind=SHARE) for more in ("", PROCESSOR) if this != least]
        rows.append(Row(f"{this}, private memory", kind=ALONE, unit="size"))
        say(f"growth: {number:,} rows")
    return table([figures], rows)


def main(options):
    """Called with what bench/run gives for this part."""
    with Session() as session:
        session.query("CREATE EXTENSION phone_crypt")
        session.query("CREATE EXTENSION pgcrypto")
        head = facts(options, session)
    fill(options.rows, LIMITS)
    sides = {name: lambda work=work: work.cost(options.rows) for name, work in ((UPDATE, UPDATE_LIMITS), (MIGRATE, MIGRATE_LIMITS))}
    rounds = measure(sides, options.rounds, warm_up=False)
    write(options, head, {
        "Beside one UPDATE": table(rounds, [Row(MIGRATE + more, UPDATE + more, 1.3, SHARE) for more in ("", PROCESSOR)]),
        "Against the number of rows": growth(MIGRATE, MIGRATE_LIMITS, LIMITS, [options.rows // part for part in (200, 20, 2)]),
    })


def large(options):
    """Migrates and encrypts very many rows once. Called by scripts/soak; its figures are written down by hand."""
    with Session() as session:
        session.query("CREATE EXTENSION phone_crypt")
    numbers = [options.rows // 10, options.rows]
    print(growth(MIGRATE, MIGRATE_LIMITS, LIMITS, numbers))
    print(growth(ENCRYPT, convert(CUSTOMERS), CUSTOMERS, numbers))
