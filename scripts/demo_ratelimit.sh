# The chapter of scripts/demo on rate limits. Source it after demo's own functions.
# shellcheck shell=bash disable=SC2154 # home and bindir are demo's

# What a key has used, in the words of the view.
used() { sql -c "SELECT coalesce(max(used), 0) FROM phone_crypt.ratelimit_status WHERE key = '$1'"; }

rate_limit_hammered() {
    chapter "200 connections hammer one key that has a limit of 100"
    sql -c "CREATE TABLE passed (at timestamptz DEFAULT clock_timestamp())"
    # shellcheck disable=SC2016 # pgbench reads this, not the shell
    echo "INSERT INTO passed SELECT FROM ratelimit_hit('198.51.100.7:outbound_call', 100, '1 hour') WHERE allowed;" >"$home/hammer.sql"
    "$bindir/pgbench" -n -h "$home" -U postgres -c 200 -j 4 -t 10 -f "$home/hammer.sql" demo 2>&1 |
        grep -E '^(number of clients|number of transactions actually|tps)' | sed 's/^/   | /' >&2
    holds "of 2,000 hits, exactly 100 pass" "$(sql -c "SELECT count(*) FROM passed")" 100
    show -c "SELECT allowed, \"limit\", remaining, reason, retry_after > '0' AS comes_back
               FROM ratelimit_peek('198.51.100.7:outbound_call', 100, '1 hour')"
}

rate_limit_rolled_back() {
    chapter "A failed login rolls back, and is counted all the same"
    sql -c "SELECT FROM ratelimit_policy_set('login', 3, '15 minutes', penalties => '{1 hour, 1 day}')"
    local attempt
    for attempt in 1 2 3; do
        sql >/dev/null <<'SQL'
BEGIN;
SELECT allowed FROM ratelimit_check('login', 'alice');
ROLLBACK;
SQL
    done
    holds "after $attempt attempts that were rolled back" "$(used policy:login:alice)" 3
    show -c "SELECT allowed, reason, retry_after > '59 minutes' AS an_hour FROM ratelimit_check('login', 'alice')"
    holds "the fourth is denied, and blocks for an hour" \
        "$(sql -c "SELECT reason FROM ratelimit_check('login', 'alice')")" blocked
}

# The postmaster's children go when they notice; until then no other may start.
start_again() {
    local attempt
    for attempt in {1..50}; do
        if "$repo/scripts/server" restart "$home" >"$home/restart.log" 2>&1; then return; fi
        sleep 0.2
    done
    fail "the server did not come back after $attempt attempts; see $home/restart.log"
}

rate_limit_killed() {
    chapter "kill -9: what survives"
    sql >/dev/null <<'SQL'
SELECT count(*) FROM generate_series(1, 40) AS n WHERE ratelimit_allow('killed', 1000, '1 hour', 1 + 0 * n);
SELECT ratelimit_flush();
SELECT count(*) FROM generate_series(1, 5) AS n WHERE ratelimit_allow('killed', 1000, '1 hour', 1 + 0 * n);
SQL
    local flushed=40 total=45 after
    kill -9 "$(head -n 1 "$home/data/postmaster.pid")"
    start_again
    after=$(used killed)
    say "   45 hits, 40 of them flushed; after the crash $after are known"
    holds "nothing that was flushed is lost, and nothing is counted twice" \
        "$((after >= flushed && after <= total))" 1
    holds "the block is still there" "$(sql -c "SELECT reason FROM ratelimit_check('login', 'alice')")" blocked
    holds "and so is the used-up limit" \
        "$(sql -c "SELECT allowed FROM ratelimit_hit('198.51.100.7:outbound_call', 100, '1 hour')")" f
    sql >/dev/null -c "SELECT ratelimit_allow('killed', 1000, '1 hour')"
    "$repo/scripts/server" restart "$home"
    holds "an orderly restart loses nothing" "$(used killed)" $((after + 1))
}
