"""Cost against the number of live keys: a server for each number, all up at once and measured in turn."""

from contextlib import ExitStack
from dataclasses import dataclass

from . import ratelimit_server, ratelimit_statements, rounds
from .ratelimit_pgbench import Script
from .ratelimit_setup import Flush, Meter
from .ratelimit_sides import HIT
from .session import Session

NUMBERS = (1_000, 10_000, 100_000, 1_000_000)
SLOTS = 2 * max(NUMBERS)
# Within so much of the cost with the fewest keys, it counts as flat.
FLAT = 1.20

_CONF = f"""
shared_preload_libraries = 'phone_crypt'
phone_crypt.ratelimit_engine = 'memory'
phone_crypt.ratelimit_slots = {SLOTS}
phone_crypt.ratelimit_flush_interval = 0
shared_buffers = 256MB
autovacuum = off
"""


@dataclass(frozen=True)
class OneATransaction:
    """Nanoseconds of wall-clock time a hit, by pgbench, on a server with so many live keys."""

    host: str
    keys: int

    def cost(self, meter):
        return Script(HIT, keys=self.keys, environment=(("PGHOST", self.host),)).cost(meter)


@dataclass(frozen=True)
class OneStatement:
    """Nanoseconds of CPU time a hit, many in one statement, above an empty function."""

    session: Session

    def cost(self, meter):
        ours, empty = (ratelimit_statements.hit(name).sql for name in ("ratelimit_hit", "empty_hit"))
        return (self.session.cpu_time(ours) - self.session.cpu_time(empty)) / meter.rows


def measure(pg_config, library, options, say):
    """The rounds; sides are named `transaction N` and `statement N`."""
    with ExitStack() as stack:
        directory = stack.enter_context(ratelimit_server.directory())
        sides, session = {}, None
        for keys in NUMBERS:
            host = stack.enter_context(ratelimit_server.server(pg_config, f"{directory}/{keys}", _CONF))
            session = stack.enter_context(Session("jit = off", host=host))
            _fill(session, library, options.rows, keys)
            sides[f"transaction {keys}"] = OneATransaction(host, keys)
            sides[f"statement {keys}"] = OneStatement(session)
        say(f"servers with {', '.join(f'{keys:,}' for keys in NUMBERS)} live keys are up")
        meter = Meter(session, Flush(session), options.seconds, options.rows)
        return rounds.measure(sides, meter, options.rounds, say)


def _fill(session, library, rows, keys):
    session.query("CREATE EXTENSION phone_crypt")
    ratelimit_statements.create_empty_functions(session, library)
    ratelimit_statements.create_keys(session, rows, keys)
