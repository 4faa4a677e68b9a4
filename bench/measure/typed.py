"""The data type encrypted_phone beside two columns of text, and the conversion of a column."""

import math

from .conversions import (
    CONTACTS,
    CUSTOMERS,
    NUMBER,
    OLD_KEY,
    PROCESSOR,
    Work,
    convert,
    migrating_session,
    update_with_pgcrypto,
)
from .report import ALONE, ALWAYS, MORE, SHARE, Row, facts, table, write
from .rounds import measure, say
from .session import Session
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


class Unexpected(Exception):
    """What would be measured is not what is meant."""


class Sides:
    """Processor time of the backend in nanoseconds for one row, look-up or comparison; sizes in bytes a row."""

    def __init__(self, session, rows):
        self.session, self.rows = session, rows
        self.file = session.query("SHOW data_directory") + "/bench_typed_numbers.txt"

    def prepare(self):
        """The tables, the same in every run."""
        query = self.session.query
        query("SET work_mem = '512MB'")
        query(f"CREATE UNLOGGED TABLE {NUMBERS} AS"
              f" SELECT n AS id, {NUMBER} AS phone FROM generate_series(1::bigint, {self.rows}) AS n")
        query(f"CREATE UNLOGGED TABLE {WANTED} AS"
              f" SELECT phone FROM {NUMBERS} ORDER BY md5('wanted' || phone) LIMIT {_LOOK_UPS}")
        query(f"CREATE UNLOGGED TABLE {HUNDREDS} AS SELECT array_agg(phone) AS phones FROM"
              f" (SELECT phone, row_number() OVER () - 1 AS n FROM {WANTED}) AS w GROUP BY n / {_HUNDRED}")
        query(f"COPY {NUMBERS} (phone) TO '{self.file}'")
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

    def drop(self):
        """Makes room."""
        self.session.query("DO $$ DECLARE t regclass; BEGIN FOR t IN SELECT oid FROM pg_class WHERE relkind = 'r'"
                           " AND relname ~ '^bench_' LOOP EXECUTE 'DROP TABLE ' || t; END LOOP; END $$")

    def _nanoseconds(self, sql):
        return self.session.cpu_time(sql) / self.rows

    def statement(self, sql, node=None):
        """One over all rows. `node` is one that its plan must have."""
        if node:
            self._check_plan(sql, node)
        return lambda: self._nanoseconds(sql)

    def insert_by_rows(self, name):
        """Into a new table with its index; and what that is then in size."""
        def cost():
            self.session.query(f"TRUNCATE {name}_by_rows")
            self.session.query("CHECKPOINT")
            return {"": self._nanoseconds(insert(name, f"{name}_by_rows")), ", size": self._size(f"{name}_by_rows")}

        return cost

    def size(self, name):
        """Of a table with its indexes."""
        return lambda: self._size(name)

    def _size(self, name):
        return int(self.session.query(f"SELECT pg_total_relation_size('{name}')")) / self.rows

    def look_ups(self, sql, source, column, kind):
        """A prepared statement, executed once for each row of a table, whose value is `$1`. The loop runs in the
        server, since a round trip would cover up what is measured."""
        self._check_plan(sql.replace("$1", f"$1::{kind}"), "Index Scan")
        count = int(self.session.query(f"SELECT count(*) FROM {source}"))
        return lambda: self.session.cpu_time(f"""DO $$
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

    def _check_plan(self, sql, node):
        plan = self.session.query(f"EXPLAIN (GENERIC_PLAN, COSTS OFF) {sql}")
        if node not in plan:
            raise Unexpected(f"{node} is not in the plan of {sql}:\n{plan}")

    def join(self, name, unique):
        return self.statement(f"SELECT count(a.id + b.id) FROM {name} AS a JOIN {name}_unindexed AS b USING ({unique})",
                              "Hash Join")

    def load(self, kind):
        """COPY from a file into a new table without an index."""
        def cost():
            self.session.query(f"TRUNCATE bench_loaded_{kind}")
            return self._nanoseconds(f"COPY bench_loaded_{kind} FROM '{self.file}'")

        return cost

    def comparison(self, kind):
        """A value with itself, many times in a row, since one is lost in what reading the row takes, which is measured
        anew each time and taken off."""
        def cost():
            compared = " AND ".join(["value = value"] * _COMPARISONS)
            reading = self._nanoseconds(f"SELECT count(value) FROM bench_compared_{kind}")
            return (self._nanoseconds(f"SELECT count({compared}) FROM bench_compared_{kind}") - reading) / _COMPARISONS

        return cost

    def all(self):
        """Each right after its peer."""
        any_hash = "phone_hash = ANY (ARRAY(SELECT phone_hash(p) FROM unnest($1) AS p))"
        return {
            PEER_INSERT: self.insert_by_rows(PAIR),
            INSERT: self.insert_by_rows(TYPED),
            PEER_SIZE: self.size(PAIR),
            SIZE: self.size(TYPED),
            PEER_LOOK_UP: self.look_ups(
                f"SELECT id FROM {PAIR} WHERE phone_hash = phone_hash($1)", WANTED, "phone", "text"),
            LOOK_UP: self.look_ups(f"SELECT id FROM {TYPED} WHERE phone = $1", WANTED, "phone", "text"),
            PEER_ANY: self.look_ups(f"SELECT id FROM {PAIR} WHERE {any_hash}", HUNDREDS, "phones", "text[]"),
            ANY: self.look_ups(f"SELECT id FROM {TYPED} WHERE phone = ANY ($1)", HUNDREDS, "phones", "text[]"),
            PEER_JOIN: self.join(PAIR, "phone_hash"),
            JOIN: self.join(TYPED, "phone"),
            PEER_COPY: self.load("text"),
            COPY: self.load("encrypted_phone"),
            PEER_CAST: self.statement(f"SELECT count(phone) FROM {NUMBERS}"),
            CAST: self.statement(f"SELECT count(phone::encrypted_phone) FROM {NUMBERS}"),
            PEER_COMPARISON: self.comparison("uuid"),
            COMPARISON: self.comparison("encrypted_phone"),
        }


def insert(name, target, source=NUMBERS):
    return f"INSERT INTO {target} SELECT id, {STORED[name][1]} FROM {source}"


CONVERT_CUSTOMERS, PEER_CUSTOMERS = "customers: unique", "UPDATE, with a unique index on the hash"
CONVERT_CONTACTS, PEER_CONTACTS = "contacts: no index", "UPDATE, with an index on the hash"
PEER_UNINDEXED = "UPDATE, without an index"
CONVERSIONS = {
    PEER_CUSTOMERS: Work(lambda s: CUSTOMERS.copy_for_peer(s, "UNIQUE INDEX"), update_with_pgcrypto(CUSTOMERS)),
    CONVERT_CUSTOMERS: convert(CUSTOMERS),
    PEER_CONTACTS: Work(lambda s: CONTACTS.copy_for_peer(s, "INDEX"), update_with_pgcrypto(CONTACTS)),
    CONVERT_CONTACTS: convert(CONTACTS),
    PEER_UNINDEXED: Work(CONTACTS.copy_for_peer, update_with_pgcrypto(CONTACTS)),
}
BESIDE_UPDATE = [Row(ours + more, peer + more, wanted, SHARE) for ours, peer, wanted in (
    (CONVERT_CUSTOMERS, PEER_CUSTOMERS, 1.5), (CONVERT_CONTACTS, PEER_CONTACTS, 1.0),
    (CONVERT_CONTACTS, PEER_UNINDEXED, None)) for more in ("", PROCESSOR)]


def growth(numbers, count):
    """Conversions of so many rows: alone, and with somebody who writes meanwhile."""
    def side(number):
        def cost():
            with migrating_session() as session:
                CUSTOMERS.fill(session, number)
            memory = Memory()
            writer = RowWriter(lambda: migrating_session(OLD_KEY, "synchronous_commit = off"), CUSTOMERS.name)
            waited, processor = convert(CUSTOMERS).run(memory)
            convert(CUSTOMERS).run(writer)
            return {"": waited / number, PROCESSOR: processor / number, ", private memory": memory.most,
                    ", wait at the swap": writer.at_swap or math.nan, ", longest wait": writer.longest}

        return cost

    names = [f"{number:,} rows" for number in numbers]
    rounds = measure(dict(zip(names, map(side, numbers), strict=True)), count, warm_up=False)
    return table(rounds, [
        *(Row(name + more, names[0] + more, kind=SHARE) for name in names[1:] for more in ("", PROCESSOR)),
        *(Row(f"{name}, private memory", kind=ALONE, unit="size") for name in names),
        *(Row(f"{name}, wait at the swap", wanted=10e6, kind=ALWAYS) for name in names),
        *(Row(f"{name}, longest wait", kind=ALONE) for name in names)])


def main(options):
    """Called with what bench/run gives for this part. Conversions have twice the rows and a third of the rounds."""
    with Session() as session:
        session.query("CREATE EXTENSION phone_crypt")
        session.query("CREATE EXTENSION pgcrypto")
        head = facts(options, session, {
            "pgcrypto": session.query("SELECT extversion FROM pg_extension WHERE extname = 'pgcrypto'")})
    with migrating_session() as session:
        say(f"loading {options.rows:,} numbers")
        sides = Sides(session, options.rows)
        sides.prepare()
        beside_text = table(measure(sides.all(), options.rounds), BESIDE_TEXT)
        sides.drop()
    rows, count = 2 * options.rows, max(1, options.rounds // 3)
    with migrating_session() as session:
        CUSTOMERS.fill(session, rows)
        CONTACTS.fill(session, rows)
    rounds = measure({name: work.side(rows) for name, work in CONVERSIONS.items()}, count, warm_up=False)
    write(options, head, {
        "Beside two columns of text, and types of PostgreSQL's own": beside_text,
        f"Converting a column, {rows:,} rows, {count} rounds": table(rounds, BESIDE_UPDATE),
        "Converting a column, against the number of rows":
            growth([options.rows // part for part in (100, 10, 1)], count),
    })
