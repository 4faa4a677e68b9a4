"""The peer on the same server: what rate-limiter-flexible sends to its PostgreSQL store.

The package itself is asked for its SQL (bench/peer/upsert.js), and pgbench sends that text as it stands: its
parameters keep their numbers, since pgbench only numbers the names that it finds, in their order.
"""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .ratelimit_pgbench import Script
from .ratelimit_setup import KEYS

_NAMES = ("k", "points", "expire", "now")
_ASK = Path(__file__).parents[1] / "peer" / "upsert.js"


@dataclass(frozen=True)
class Store:
    """A table of the package's, with every key in it."""

    create: str
    hit: str
    values: tuple
    unlogged: bool

    def script(self, keys):
        """A hit on one of so many keys, the way the package's own driver sends it."""
        options = (("PGOPTIONS", "-c synchronous_commit=off"),) if self.unlogged else ()
        return Script(_with_names(self.hit), keys=keys, environment=options,
                      variables=tuple(zip(_NAMES[1:], self.values[1:], strict=True)))


def prepare(session, package, table, unlogged):
    """Makes the table as the package does, and fills it."""
    store = _ask(package, table, unlogged)
    session.query(store.create.strip().rstrip(";"))
    if unlogged:
        session.query(f"ALTER TABLE {table} SET UNLOGGED")
    _, points, expire, _ = store.values
    session.query(f"INSERT INTO {table} SELECT k, {points}, {expire} FROM generate_series(1, {KEYS}) AS k")
    session.query(f"VACUUM (FREEZE, ANALYZE) {table}")
    return store


def version(package):
    """The package's version."""
    return json.loads((Path(package) / "package.json").read_text(encoding="utf-8"))["version"]


def _ask(package, table, unlogged):
    answer = subprocess.run(["node", _ASK, package, table], capture_output=True, text=True, check=True).stdout
    asked = json.loads(answer)
    return Store(asked["create"]["text"], asked["hit"]["text"].strip(), tuple(asked["hit"]["values"]), unlogged)


def _with_names(sql):
    for number, name in enumerate(_NAMES, start=1):
        sql = sql.replace(f"${number}", f":{name}", 1)
    return sql
