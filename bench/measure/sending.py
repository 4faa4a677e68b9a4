"""The sending guard: a check with ten rules beside an empty function, and beside as many rate limits."""

import time

from .report import MORE, SHARE, Row, measure_and_write

# At most so many numbers, each of which is checked once a statement: their keys fit into the slots.
_NUMBERS = 20_000
# So high that nothing is refused.
_RATE = "1000000000"

EMPTY, CHECK, ALL = "an empty function", "`phone_send_check`, ten rules", "`ratelimit_check_all`, ten keys"
CHECKS = (Row(CHECK, EMPTY, 10_000, MORE), Row(CHECK, ALL, 1.3, SHARE))
_CALL = "(number, 'bench', client, NULL, account, NULL)"
_CALLS = {
    EMPTY: f"empty_check{_CALL}",
    CHECK: f"phone_send_check{_CALL}",
    ALL: f"ratelimit_check_all('{{{','.join(f'p{number}' for number in range(10))}}}', keys)",
}


def prepare(session, options):
    """Numbers with a client and an account each, the policy, and the same limits as rate limits."""
    query = session.query
    query("CREATE FUNCTION empty_check(text, text, inet, text, text, numeric, OUT allowed boolean, OUT a integer, OUT b integer,"
          " OUT c interval, OUT d interval, OUT e text, OUT f integer, OUT g integer)"
          f" LANGUAGE c AS '{options.empty}', 'empty_hit'")
    hour = f"'{{{_RATE}/hour}}'"
    query(f"SELECT phone_send_policy_set('bench', regions => '{{AU}}', per_number => '{{{_RATE}/hour,{_RATE}/day,{_RATE}/week}}',"
          f" per_client => {hour}, per_account => {hour}, per_block_1000 => {hour}, per_block_10000 => {hour},"
          f" per_region => {hour}, budget_hour => 1e9, budget_day => 1e9)")
    query("SELECT phone_send_price_set('+61', 0.000001)")
    query(f"SELECT ratelimit_policy_set('p' || n, {_RATE}, '1 hour') FROM generate_series(0, 9) AS n")
    query("CREATE TABLE numbers AS SELECT number, client, account,"
          " ARRAY['n1:' || number, 'n2:' || number, 'n3:' || number, 'c:' || client, 'a:' || account, 'b:' || left(number, 9),"
          "       'd:' || left(number, 8), 'r:AU', 'h:', 'd:'] AS keys"
          f" FROM (SELECT '+6140' || (1000000 + 37 * i) AS number, ('10.0.' || i % 200 || '.1')::inet AS client,"
          f"              'account ' || i % 5000 AS account FROM generate_series(1, {min(options.rows, _NUMBERS)}) AS i) AS n")
    query("VACUUM ANALYZE numbers")
    # The first check has the filter before the list of suppressed numbers filled; until it is, each looks into the table.
    query("SELECT phone_send_check(number, 'bench') FROM numbers LIMIT 1")
    while query("SELECT state FROM phone_crypt.suppression_filter") != "complete":
        time.sleep(0.2)


def sides(session, options):
    """Processor time of the backend in nanoseconds for one call of many in a statement."""
    count = min(options.rows, _NUMBERS)

    def many(call):
        return lambda: session.cpu_time(
            f"SELECT count(*) FILTER (WHERE s.allowed) FROM numbers, LATERAL {call} AS s", count) / count

    return {name: many(call) for name, call in _CALLS.items()}


def main(options):
    """Called with what bench/run gives for this part."""
    measure_and_write(options, prepare, sides, {"A check, processor time": CHECKS})
