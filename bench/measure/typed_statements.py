"""What is measured of the data type, each side right after its peer: processor time of the backend, in nanoseconds for
one row, look-up or comparison; and sizes in bytes a row."""

from dataclasses import dataclass

from .typed_tables import COMPARED, HUNDREDS, LOADED, NUMBERS, PAIR, TYPED, WANTED, numbers_file

# So many in a row, since one is lost in what reading the row takes.
_COMPARISONS = 20


class UnexpectedPlan(Exception):
    """What would be measured is not what is meant."""


@dataclass(frozen=True)
class Statement:
    """One statement over all rows. `node` is one that its plan must have."""

    sql: str
    node: str = ""

    def check(self, session):
        if self.node:
            _check_plan(session, self.sql, self.node)

    def cost(self, meter):
        return meter.nanoseconds(self.sql)


@dataclass(frozen=True)
class Insert:
    """Into a new table with its index."""

    stored: object

    def check(self, session):
        pass

    def cost(self, meter):
        meter.session.query(f"TRUNCATE {self.stored.filled_by_rows}")
        meter.session.query("CHECKPOINT")
        return meter.nanoseconds(self.stored.insert(self.stored.filled_by_rows))


@dataclass(frozen=True)
class Size:
    """Of a table with its indexes."""

    table: str

    def check(self, session):
        pass

    def cost(self, meter):
        return int(meter.session.query(f"SELECT pg_total_relation_size('{self.table}')")) / meter.rows


@dataclass(frozen=True)
class LookUps:
    """A prepared statement, executed once for each row of a table. The loop runs in the server, since a round trip
    would cover up what is measured. `$1` is that row's value."""

    sql: str
    source: str
    column: str
    type: str

    def check(self, session):
        _check_plan(session, self.sql.replace("$1", f"$1::{self.type}"), "Index Scan")

    def cost(self, meter):
        count = int(meter.session.query(f"SELECT count(*) FROM {self.source}"))
        return meter.session.cpu_time(f"""DO $$
            DECLARE
                wanted {self.type};
            BEGIN
                FOR wanted IN SELECT {self.column} FROM {self.source} LOOP
                    {self.sql.replace("SELECT", "PERFORM", 1).replace("$1", "wanted")};
                    IF NOT FOUND THEN
                        RAISE EXCEPTION 'a number that is there was not found';
                    END IF;
                END LOOP;
            END $$""") / count


@dataclass(frozen=True)
class Copy:
    """COPY from a file into a new table without an index."""

    loaded: object

    def check(self, session):
        pass

    def cost(self, meter):
        meter.session.query(f"TRUNCATE {self.loaded.name}")
        return meter.nanoseconds(f"COPY {self.loaded.name} FROM '{numbers_file(meter.session)}'")


@dataclass(frozen=True)
class Comparison:
    """A value with itself. Reading the rows, which is measured anew each time, is taken off."""

    table: object

    def check(self, session):
        pass

    def cost(self, meter):
        compared = " AND ".join(["value = value"] * _COMPARISONS)
        reading = meter.nanoseconds(f"SELECT count(value) FROM {self.table.name}")
        return (meter.nanoseconds(f"SELECT count({compared}) FROM {self.table.name}") - reading) / _COMPARISONS


def _check_plan(session, sql, node):
    plan = session.query(f"EXPLAIN (GENERIC_PLAN, COSTS OFF) {sql}")
    if node not in plan:
        raise UnexpectedPlan(f"{node} is not in the plan of {sql}:\n{plan}")


def _join(stored):
    return Statement(f"SELECT count(a.id + b.id) FROM {stored.name} AS a JOIN {stored.unindexed} AS b"
                     f" USING ({stored.unique})", "Hash Join")


SIDES = {
    "pair insert": Insert(PAIR),
    "typed insert": Insert(TYPED),
    "pair size by rows": Size(PAIR.filled_by_rows),
    "typed size by rows": Size(TYPED.filled_by_rows),
    "pair size": Size(PAIR.name),
    "typed size": Size(TYPED.name),
    "pair look-up": LookUps(f"SELECT id FROM {PAIR.name} WHERE phone_hash = phone_hash($1)", WANTED, "phone", "text"),
    "typed look-up": LookUps(f"SELECT id FROM {TYPED.name} WHERE phone = $1", WANTED, "phone", "text"),
    "pair any": LookUps(
        f"SELECT id FROM {PAIR.name} WHERE phone_hash = ANY (ARRAY(SELECT phone_hash(p) FROM unnest($1) AS p))",
        HUNDREDS, "phones", "text[]"),
    "typed any": LookUps(f"SELECT id FROM {TYPED.name} WHERE phone = ANY ($1)", HUNDREDS, "phones", "text[]"),
    "pair join": _join(PAIR),
    "typed join": _join(TYPED),
    "text copy": Copy(LOADED["text"]),
    "typed copy": Copy(LOADED["encrypted_phone"]),
    "text cast": Statement(f"SELECT count(phone) FROM {NUMBERS}"),
    "typed cast": Statement(f"SELECT count(phone::encrypted_phone) FROM {NUMBERS}"),
    "uuid comparison": Comparison(COMPARED["uuid"]),
    "typed comparison": Comparison(COMPARED["encrypted_phone"]),
}


def check_plans(session):
    """Stops where a look-up would not go by index, or a join not by hash."""
    for side in SIDES.values():
        side.check(session)
