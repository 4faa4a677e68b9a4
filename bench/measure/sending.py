"""The sending guard: a check with ten rules beside an empty function, and beside as many rate limits."""

import time

from .conversions import PROCESSOR
from .report import MORE, SHARE, Row, facts, table, write
from .rounds import measure, say
from .session import Session, cpu_nanoseconds

# So many numbers, each of which is checked once a statement: their keys fit into the slots.
_NUMBERS = 20_000
# So high that nothing is refused.
_RATE = "1000000000"

EMPTY, CHECK, ALL = "an empty function", "`phone_send_check`, ten rules", "`ratelimit_check_all`, ten keys"
UNRECORDED = f"{CHECK}, nothing recorded"
SENDING = (
    Row(CHECK, EMPTY, 10_000, MORE),
    Row(CHECK, ALL, 1.3, SHARE),
    Row(UNRECORDED, EMPTY, None, MORE),
    Row(UNRECORDED, ALL, None, SHARE),
)


class Unexpected(Exception):
    """What would be measured is not what is meant."""


def prepare(session, options):
    """Numbers with a client and an account each, the policy, and the same limits as rate limits."""
    query = session.query
    query("CREATE EXTENSION phone_crypt")
    query("CREATE FUNCTION empty_check(text, text, inet, text, text, numeric, OUT allowed boolean, OUT a integer, OUT b integer,"
          " OUT c interval, OUT d interval, OUT e text, OUT f integer, OUT g integer)"
          f" LANGUAGE c AS '{options.empty}', 'empty_hit'")
    hours = [f"{_RATE}/hour", f"{_RATE}/day", f"{_RATE}/week"]
    query("SELECT phone_send_policy_set('bench', regions => '{AU}', per_number => '{%s}', per_client => '{%s}',"
          " per_account => '{%s}', per_block_1000 => '{%s}', per_block_10000 => '{%s}', per_region => '{%s}',"
          " budget_hour => 1e9, budget_day => 1e9)" % (",".join(hours), *[hours[0]] * 5))
    query("SELECT phone_send_price_set('+61', 0.000001)")
    for number in range(10):
        query(f"SELECT ratelimit_policy_set('p{number}', {_RATE}, '1 hour')")
    query("CREATE TABLE numbers AS SELECT number, client, account,"
          " ARRAY['n1:' || number, 'n2:' || number, 'n3:' || number, 'c:' || client, 'a:' || account, 'b:' || left(number, 9),"
          "       'd:' || left(number, 8), 'r:AU', 'h:', 'd:'] AS keys"
          f" FROM (SELECT '+6140' || (1000000 + 37 * i) AS number, ('10.0.' || i % 200 || '.1')::inet AS client,"
          f"              'account ' || i % 5000 AS account FROM generate_series(1, {_NUMBERS}) AS i) AS n")
    query("VACUUM ANALYZE numbers")
    # The first check has the filter before the list of suppressed numbers filled; until it is, each looks into the table.
    query("SELECT phone_send_check(number, 'bench') FROM numbers LIMIT 1")
    while query("SELECT state FROM phone_crypt.suppression_filter") != "complete":
        time.sleep(0.2)


def calls():
    """Each as a statement that makes a call for each number."""
    policies = ",".join(f"p{number}" for number in range(10))
    check = "LATERAL {}(number, 'bench', client, NULL, account, NULL) AS s"
    yield EMPTY, "SELECT count(s.allowed) FROM numbers, " + check.format("empty_check")
    yield CHECK, "SELECT count(*) FILTER (WHERE s.allowed) FROM numbers, " + check.format("phone_send_check")
    yield ALL, ("SELECT count(*) FILTER (WHERE s.allowed) FROM numbers,"
                f" LATERAL ratelimit_check_all('{{{policies}}}', keys) AS s")


class Sides:
    """Processor time of the backend in nanoseconds for one call of many in a statement."""

    def __init__(self, session):
        self.session = session

    def _cost(self, sql, keep):
        def cost():
            self.session.query(f"ALTER SYSTEM SET phone_crypt.send_records_keep = {keep}")
            self.session.query("SELECT pg_reload_conf(), pg_sleep(0.2)")
            self.session.query(sql)
            start = cpu_nanoseconds(self.session.pid)
            answer = self.session.query(sql)
            if answer != str(_NUMBERS):
                raise Unexpected(f"{answer}: {sql}")
            return (cpu_nanoseconds(self.session.pid) - start) / _NUMBERS

        return cost

    def all(self):
        """The sides: with records, and the check without them too."""
        sides = {name: self._cost(sql, 43_200) for name, sql in calls()}
        return sides | {UNRECORDED: self._cost(dict(calls())[CHECK], 0)}


def main(options):
    """Called with what bench/run gives for this part."""
    with Session("jit = off", "max_parallel_workers_per_gather = 0") as session:
        prepare(session, options)
        head = facts(options, session, {})
        say(f"checking {_NUMBERS:,} numbers, in each round")
        rounds = measure(Sides(session).all(), options.rounds)
    write(options, head, {f"A check{PROCESSOR}": table(rounds, SENDING)})
