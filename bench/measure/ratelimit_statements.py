"""A million decisions in one statement, beside functions of the same shape that do nothing."""

from dataclasses import dataclass

from .ratelimit_setup import FIXED_WINDOW, KEYS

TABLE = "bench_ratelimit_keys"

_ARGUMENTS = ('key text, "limit" integer, "window" interval, cost integer DEFAULT 1,'
              " algorithm text DEFAULT 'fixed_window', burst integer DEFAULT NULL")
_COLUMNS = ('OUT allowed boolean, OUT "limit" integer, OUT remaining integer, OUT reset_after interval,'
            " OUT retry_after interval, OUT reason text")


@dataclass(frozen=True)
class Statement:
    """CPU time of the backend for one statement, a decision; the scan of the keys is part of it."""

    sql: str

    def cost(self, meter):
        return meter.session.cpu_time(self.sql) / meter.rows


def allow(function):
    """Decisions as one boolean each."""
    return Statement(f"SELECT count({function}(key, {FIXED_WINDOW})) FROM {TABLE}")


def hit(function):
    """Decisions as one row each."""
    return Statement(f"SELECT count(h.allowed) FROM {TABLE}, LATERAL {function}(key, {FIXED_WINDOW}) AS h")


def sides():
    """Each of ours right after what it is held against."""
    return {
        "empty_allow statement": allow("empty_allow"),
        "allow statement": allow("ratelimit_allow"),
        "empty_hit statement": hit("empty_hit"),
        "hit statement": hit("ratelimit_hit"),
    }


def create_empty_functions(session, library):
    """`library` is bench/peer/empty_functions.c, built."""
    for name, outputs, returns in (("empty_allow", "", "RETURNS boolean"), ("empty_hit", f", {_COLUMNS}", "")):
        session.query(f"CREATE FUNCTION {name}({_ARGUMENTS}{outputs}) {returns} VOLATILE PARALLEL UNSAFE"
                      f" LANGUAGE c AS '{library}', '{name}'")


def create_keys(session, rows, keys=KEYS):
    """A table of keys in random order, the same in each run, and a live limit for each key that there is."""
    session.query("SELECT setseed(0.5)")
    session.query(f"CREATE UNLOGGED TABLE {TABLE} AS SELECT (1 + floor(random() * {keys}))::integer::text AS key"
                  f" FROM generate_series(1, {rows})")
    session.query(f"VACUUM (FREEZE, ANALYZE) {TABLE}")
    session.query(f"SELECT count(ratelimit_allow(k::text, {FIXED_WINDOW})) FROM generate_series(1, {keys}) AS k")
