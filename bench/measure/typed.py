"""The data type encrypted_phone beside two columns of text, and the conversion of a column."""

import math

from .conversions import CONTACTS, CUSTOMERS, NUMBER, PROCESSOR, convert, fill, migrating_session, update_with_pgcrypto
from .report import ALONE, ALWAYS, MORE, SHARE, Row, facts, measure, say, table, write
from .session import Session, Unexpected
from .watch import Memory, RowWriter

NUMBERS, WANTED, HUNDREDS = "bench_typed_numbers", "bench_typed_wanted", "bench_typed_hundreds"
# Of each there are three tables: one at rest with an index that was made when it was full, one (`_by_rows`) that is
# filled with the index on, and one (`_unindexed`) without. Columns, what they are filled with, what is unique.
TYPED, PAIR = "bench_typed", "bench_pair"
STORED = {
    TYPED: ("phone encrypted_phone", "phone", "phone"),
    PAIR: ("phone_encrypted text, phone_hash text", "phone_encrypt(phone), phone_hash(phone)", "phone_hash"),
}
COMPARED = {"uuid": "md5(phone)", "encrypted_phone": "phone"}
_LOOK_UPS, _HUNDRED, _COMPARISONS = 100_000, 100, 20

INSERT, PEER_INSERT = "INSERT with the index", "INSERT of `phone_encrypt`, `phone_hash`"
SIZE, PEER_SIZE = "table and index made afterwards", "the same of two columns of text"
LOOK_UP, PEER_LOOK_UP = "`WHERE phone = $1`", "`WHERE phone_hash = phone_hash($1)`"
ANY, PEER_ANY = f"`WHERE phone = ANY ($1)`, {_HUNDRED} numbers", "`phone_hash = ANY (ARRAY(SELECT phone_hash(…)))`"
JOIN, PEER_JOIN = "hash join on `phone`", "hash join on `phone_hash`"
COPY, PEER_COPY = "COPY into a column", "COPY into a column of text"
CAST, PEER_CAST = "`count(phone::encrypted_phone)`", "`count(phone)`"
COMPARISON, PEER_COMPARISON = "`value = value`", "the same of `uuid`"
BESIDE_TEXT = (
    Row(f"{INSERT}, size", f"{PEER_INSERT}, size", 0.65, SHARE, "size"),
    Row(SIZE, PEER_SIZE, 0.65, SHARE, "size"),
    Row(INSERT, PEER_INSERT, 0.8, SHARE),
    Row(LOOK_UP, PEER_LOOK_UP, 0.95, SHARE),
    Row(ANY, PEER_ANY, None, SHARE),
    Row(JOIN, PEER_JOIN, 0.9, SHARE),
    Row(COPY, PEER_COPY, 450, MORE),
    Row(CAST, PEER_CAST, 450, MORE),
    Row(COMPARISON, PEER_COMPARISON, 10, MORE),
)


def prepare(session, rows, file):
    """The tables, the same in every run, and the numbers in a file."""
    query = session.query
    query("SET work_mem = '512MB'")
    query(f"CREATE UNLOGGED TABLE {NUMBERS} AS"
          f" SELECT n AS id, {NUMBER} AS phone FROM generate_series(1::bigint, {rows}) AS n")
    query(f"CREATE UNLOGGED TABLE {WANTED} AS"
          f" SELECT phone FROM {NUMBERS} ORDER BY md5('wanted' || phone) LIMIT {_LOOK_UPS}")
    query(f"CREATE UNLOGGED TABLE {HUNDREDS} AS SELECT array_agg(phone) AS phones FROM"
          f" (SELECT phone, row_number() OVER () - 1 AS n FROM {WANTED}) AS w GROUP BY n / {_HUNDRED}")
    query(f"COPY {NUMBERS} (phone) TO '{file}'")
    for name, (columns, _, unique) in STORED.items():
        for each in (name, f"{name}_by_rows", f"{name}_unindexed"):
            query(f"CREATE TABLE {each} (id bigint NOT NULL, {columns})")
        query(f"ALTER TABLE {name}_by_rows ADD UNIQUE ({unique})")
        # In another order than those without an index, which it is joined with.
        query(insert(name, name, f"(SELECT * FROM {NUMBERS} ORDER BY md5(phone)) AS n"))
        query(f"ALTER TABLE {name} ADD UNIQUE ({unique})")
        query(insert(name, f"{name}_unindexed"))
    for kind, value in COMPARED.items():
        query(f"CREATE UNLOGGED TABLE bench_compared_{kind} AS SELECT ({value})::{kind} AS value FROM {NUMBERS}")
    for kind in ("text", "encrypted_phone"):
        query(f"CREATE UNLOGGED TABLE bench_loaded_{kind} (phone {kind})")
    query("VACUUM (FREEZE, ANALYZE)")


def insert(name, target, source=NUMBERS):
    return f"INSERT INTO {target} SELECT id, {STORED[name][1]} FROM {source}"


def sides(session, rows, file):
    """Processor time of the backend in nanoseconds for one row, look-up or comparison; sizes in bytes a row. Each right after
    its peer."""
    def nanoseconds(sql):
        return session.cpu_time(sql) / rows

    def check_plan(sql, node):
        plan = session.query(f"EXPLAIN (GENERIC_PLAN, COSTS OFF) {sql}")
        if node not in plan:
            raise Unexpected(f"{node} is not in the plan of {sql}:\n{plan}")

    def size(name):
        return int(session.query(f"SELECT pg_total_relation_size('{name}')")) / rows

    def insert_by_rows(name):
        session.query(f"TRUNCATE {name}_by_rows")
        session.query("CHECKPOINT")
        return {"": nanoseconds(insert(name, f"{name}_by_rows")), ", size": size(f"{name}_by_rows")}

    def look_ups(sql, source, column, kind):
        """A prepared statement, executed once for each row of a table, whose value is `$1`. The loop runs in the server,
        since a round trip would cover up what is measured."""
        check_plan(sql.replace("$1", f"$1::{kind}"), "Index Scan")
        count = int(session.query(f"SELECT count(*) FROM {source}"))
        return lambda: session.cpu_time(f"""DO $$
            DECLARE
                wanted {kind};
            BEGIN
                FOR wanted IN SELECT {column} FROM {source} LOOP
                    {sql.replace("SELECT", "PERFORM", 1).replace("$1", "wanted")};
                    IF NOT FOUND THEN
                        RAISE EXCEPTION 'a number that is there was not found';
                    END IF;
                END LOOP;
            END $$""") / count

    def join(name, unique):
        sql = f"SELECT count(a.id + b.id) FROM {name} AS a JOIN {name}_unindexed AS b USING ({unique})"
        check_plan(sql, "Hash Join")
        return lambda: nanoseconds(sql)

    def load(kind):
        session.query(f"TRUNCATE bench_loaded_{kind}")
        return nanoseconds(f"COPY bench_loaded_{kind} FROM '{file}'")

    def comparison(kind):
        """A value with itself, many times in a row, since one is lost in what reading the row takes, which is measured anew
        each time and taken off."""
        compared = " AND ".join(["value = value"] * _COMPARISONS)
        reading = nanoseconds(f"SELECT count(value) FROM bench_compared_{kind}")
        return (nanoseconds(f"SELECT count({compared}) FROM bench_compared_{kind}") - reading) / _COMPARISONS

    any_hash = "phone_hash = ANY (ARRAY(SELECT phone_hash(p) FROM unnest($1) AS p))"
    return {
        PEER_INSERT: lambda: insert_by_rows(PAIR),
        INSERT: lambda: insert_by_rows(TYPED),
        PEER_SIZE: lambda: size(PAIR),
        SIZE: lambda: size(TYPED),
        PEER_LOOK_UP: look_ups(f"SELECT id FROM {PAIR} WHERE phone_hash = phone_hash($1)", WANTED, "phone", "text"),
        LOOK_UP: look_ups(f"SELECT id FROM {TYPED} WHERE phone = $1", WANTED, "phone", "text"),
        PEER_ANY: look_ups(f"SELECT id FROM {PAIR} WHERE {any_hash}", HUNDREDS, "phones", "text[]"),
        ANY: look_ups(f"SELECT id FROM {TYPED} WHERE phone = ANY ($1)", HUNDREDS, "phones", "text[]"),
        PEER_JOIN: join(PAIR, "phone_hash"),
        JOIN: join(TYPED, "phone"),
        PEER_COPY: lambda: load("text"),
        COPY: lambda: load("encrypted_phone"),
        PEER_CAST: lambda: nanoseconds(f"SELECT count(phone) FROM {NUMBERS}"),
        CAST: lambda: nanoseconds(f"SELECT count(phone::encrypted_phone) FROM {NUMBERS}"),
        PEER_COMPARISON: lambda: comparison("uuid"),
        COMPARISON: lambda: comparison("encrypted_phone"),
    }


# Each after its peer, with what is wanted.
CONVERSIONS = (
    ("UPDATE, with a unique index on the hash", update_with_pgcrypto(CUSTOMERS, "UNIQUE INDEX"),
     "customers: unique", convert(CUSTOMERS), 1.5),
    ("UPDATE, with an index on the hash", update_with_pgcrypto(CONTACTS, "INDEX"),
     "contacts: no index", convert(CONTACTS), 1.0),
)


def conversions(rows, count):
    """The table of conversions beside the UPDATEs."""
    fill(rows, CUSTOMERS, CONTACTS)
    works = {name: work for peer, update, ours, conversion, _ in CONVERSIONS for name, work in ((peer, update), (ours, conversion))}
    rounds = measure({name: lambda work=work: work.cost(rows) for name, work in works.items()}, count, warm_up=False)
    return table(rounds, [Row(ours + more, peer + more, wanted, SHARE)
                          for peer, _, ours, _, wanted in CONVERSIONS for more in ("", PROCESSOR)])


def growth(numbers, count):
    """The table of conversions of so many rows: alone, and with somebody who writes meanwhile."""
    def side(number):
        fill(number, CUSTOMERS)
        memory, work = Memory(), convert(CUSTOMERS)
        writer = RowWriter(lambda: migrating_session("synchronous_commit = off"), CUSTOMERS.name)
        cost = work.cost(number, memory)
        work.run(writer)
        return cost | {", private memory": memory.most, ", wait at the swap": writer.at_swap or math.nan}

    sides_by_name = {f"{number:,} rows": lambda number=number: side(number) for number in numbers}
    least, *others = sides_by_name
    return table(measure(sides_by_name, count, warm_up=False), [
        *(Row(name + more, least + more, kind=SHARE) for name in others for more in ("", PROCESSOR)),
        *(Row(f"{name}, private memory", kind=ALONE, unit="size") for name in (least, *others)),
        *(Row(f"{name}, wait at the swap", wanted=10e6, kind=ALWAYS) for name in (least, *others))])


def main(options):
    """Called with what bench/run gives for this part. Conversions have twice the rows and a third of the rounds."""
    with Session() as session:
        session.query("CREATE EXTENSION phone_crypt")
        session.query("CREATE EXTENSION pgcrypto")
        head = facts(options, session)
    with migrating_session() as session:
        say(f"loading {options.rows:,} numbers")
        file = session.query("SHOW data_directory") + "/bench_typed_numbers.txt"
        prepare(session, options.rows, file)
        beside_text = table(measure(sides(session, options.rows, file), options.rounds), BESIDE_TEXT)
        # Makes room.
        session.query("SELECT format('DROP TABLE %I', relname) FROM pg_class WHERE relkind = 'r' AND relname ~ '^bench_' \\gexec\nSELECT")
    rows, count = 2 * options.rows, max(1, options.rounds // 3)
    write(options, head, {
        "Beside two columns of text, and types of PostgreSQL's own": beside_text,
        f"Converting a column, {rows:,} rows, {count} rounds": conversions(rows, count),
        "Converting a column, against the number of rows":
            growth([options.rows // part for part in (100, 10, 1)], count),
    })
