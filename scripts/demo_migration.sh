# The chapters of scripts/demo on converting a live database. Source it after demo's own functions.
# shellcheck shell=bash disable=SC2154 # home and bindir are demo's

# writes NAME: runs pgbench with the script on standard input, until stops_writing NAME.
writes() {
    cat >"$home/$1.sql"
    "$bindir/pgbench" -n -h "$home" -U postgres -c 2 -R 200 -T 600 -f "$home/$1.sql" demo >"$home/$1.out" 2>&1 &
    writer=$!
}

# stops_writing: the writer's open transactions end with it.
stops_writing() {
    "$bindir/psql" -X -q -h "$home" -U postgres -d demo -o /dev/null \
        -c "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE application_name = 'pgbench'" || true
    wait "$writer" || true
}

# tells CALL: runs it, and shows what it says meanwhile.
tells() { sql -c "$1" 2>&1 | sed 's/^psql:[^ ]* //; s/^/   | /' >&2; }

legacy_application() {
    chapter "The legacy application: rate limits and customers in plain text"
    sql <<'SQL'
CREATE SCHEMA legacy;
CREATE TABLE legacy.rate_limits (
    id varchar(255) PRIMARY KEY, count integer NOT NULL, window_start bigint NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE legacy.customers (id bigint PRIMARY KEY, name text NOT NULL, phone text UNIQUE);
-- 20,000 people, each written in one to three ways, and what is no phone.
INSERT INTO legacy.rate_limits (id, count, window_start)
SELECT 'phone:' || (ARRAY['+61' || mobile, '0' || mobile, '+10' || mobile])[way], 1 + n % 3,
       (extract(epoch FROM now()) * 1000)::bigint
  FROM generate_series(1, 20000) AS n, LATERAL (VALUES ('40' || lpad(n::text, 7, '0'))) AS m (mobile),
       generate_series(1, 1 + n % 3) AS way;
INSERT INTO legacy.rate_limits (id, count, window_start)
SELECT id, 1, (extract(epoch FROM now()) * 1000)::bigint
  FROM unnest(ARRAY['192.168.1.1:outbound_call', 'phone:ask for Bob']) AS id;
INSERT INTO legacy.customers
SELECT id, 'customer ' || id, CASE WHEN region = 'AU' OR e164 IS NULL THEN phone ELSE e164 END
  FROM written ON CONFLICT DO NOTHING;
SQL
    show -c "SELECT * FROM (SELECT id, count FROM legacy.rate_limits ORDER BY id COLLATE \"C\" DESC LIMIT 2) AS a
             UNION ALL (SELECT id, count FROM legacy.rate_limits WHERE id LIKE '%1' ORDER BY id LIMIT 3)"
    show -c "SELECT * FROM legacy.customers ORDER BY id LIMIT 3"
}

# Kills the process that phone_encrypt_column runs in: then PostgreSQL ends all others, too, and recovers.
stopped_in_the_middle() {
    local call pid=''
    sql -c "CALL phone_encrypt_column('legacy.customers', 'phone', duplicates => 'text', batch_size => 5)" &>"$home/encrypt.out" &
    call=$!
    until [[ -n $pid ]]; do
        kill -0 "$call" 2>/dev/null || break
        pid=$(sql -c "SELECT pid FROM phone_crypt.jobs
                       WHERE procedure = 'phone_encrypt_column' AND state = 'running' AND done > 1000")
    done
    [[ -z $pid ]] || kill -9 "$pid"
    wait "$call" || true
    wait "$writer" || true
    for _ in {1..300}; do
        if sql -c "SELECT 1" &>/dev/null; then break; fi
        sleep 0.1
    done
    say "   kill -9; after it, of all customers are encrypted:"
    show -c "SELECT count(phone_encrypted) AS encrypted, count(*) AS customers FROM legacy.customers"
    holds "it was stopped in the middle" \
        "$(sql -c "SELECT count(phone_encrypted) BETWEEN 1 AND count(*) - 1000 FROM legacy.customers")" t
}

# The same statements before, during and after: the application is not told.
application_writes() {
    writes customers <<'SQL'
\set n random(1, 2000)
\set m random(1, 9999999)
UPDATE legacy.customers SET phone = '+6141' || lpad((:m)::text, 7, '0') WHERE id = :n AND NOT EXISTS (
    SELECT FROM legacy.customers WHERE phone = '+6141' || lpad((:m)::text, 7, '0'));
INSERT INTO legacy.customers (id, name, phone) VALUES (1000000 + :m, 'new', '+6142' || lpad((:m)::text, 7, '0'))
    ON CONFLICT (phone) DO UPDATE SET name = 'known';
SELECT name FROM legacy.customers WHERE phone = '+6142' || lpad((:m)::text, 7, '0');
SQL
}

customers_moved_over() {
    chapter "phone_encrypt_column, while the application goes on writing plain text; kill -9 on the way"
    tells "CALL phone_encrypt_column('legacy.customers', 'phone', dry_run => true)"
    application_writes
    stopped_in_the_middle
    application_writes
    tells "CALL phone_encrypt_column('legacy.customers', 'phone', duplicates => 'text')"
    sleep 1
    stops_writing
    show -c "SELECT id, phone_plain, left(phone::text, 30) || '...' AS phone, phone_decrypt(phone)
               FROM legacy.customers ORDER BY id LIMIT 3"
    holds "every number reads as it was written" \
        "$(sql -c "SELECT count(*) FROM legacy.customers WHERE phone_plain IS NOT NULL
                      AND phone_original(phone) NOT IN (phone_plain, coalesce(phone_try_normalize(phone_plain), ''))")" 0
    holds "the application noticed nothing" "$(grep -c ERROR "$home/customers.out" || true)" 0
    holds "and wrote after it what has never been plain text in a row" \
        "$(sql -c "SELECT count(*) > 0 FROM legacy.customers WHERE phone_plain IS NULL AND phone_is_number(phone)")" t
}

plain_text_dropped() {
    chapter "phone_drop_plaintext, while the application goes on"
    sql -c "CREATE TABLE legacy.wanted AS
            SELECT id, phone FROM legacy.customers WHERE id BETWEEN 2001 AND 1000000"
    application_writes
    tells "CALL phone_drop_plaintext('legacy.customers', 'phone')"
    stops_writing
    show -c "SELECT id, name, left(phone::text, 30) || '...' AS phone, phone_mask(phone)
               FROM legacy.customers WHERE phone_is_number(phone) ORDER BY id LIMIT 3"
    holds "no customer is lost, and every number is the same" \
        "$(sql -c "SELECT count(*) FROM legacy.wanted AS w LEFT JOIN legacy.customers AS c USING (id)
                    WHERE c.id IS NULL OR c.phone IS DISTINCT FROM w.phone")" 0
    holds "the application noticed nothing" "$(grep -c ERROR "$home/customers.out" || true)" 0
    refuses "there is no plain text any more" 42703 "SELECT phone_plain FROM legacy.customers"
    sql -c "DROP TABLE legacy.wanted"
}

limits_moved_over() {
    chapter "phone_migrate_rate_limits, while the legacy application goes on counting"
    tells "CALL phone_migrate_rate_limits('legacy.rate_limits', dry_run => true)"
    local before written
    before=$(sql -c "SELECT sum(count) FROM legacy.rate_limits")
    sql -c "CREATE TABLE legacy.hits (n bigint GENERATED ALWAYS AS IDENTITY)"
    writes limits <<'SQL'
\set n random(1, 25000)
BEGIN;
INSERT INTO legacy.rate_limits AS r (id, count, window_start)
VALUES ('phone:+6140' || lpad((:n)::text, 7, '0'), 1, (extract(epoch FROM now()) * 1000)::bigint)
    ON CONFLICT (id) DO UPDATE SET count = r.count + 1, updated_at = now();
INSERT INTO legacy.hits DEFAULT VALUES;
COMMIT;
SQL
    tells "CALL phone_migrate_rate_limits('legacy.rate_limits', batch_size => 200)"
    stops_writing
    written=$(sql -c "SELECT count(*) FROM legacy.hits")
    say "   It wrote $written hits meanwhile. The last of them are met once more:"
    tells "CALL phone_migrate_rate_limits('legacy.rate_limits')"
    holds "the application did write meanwhile" "$((written > 0))" 1
    holds "every hit is still counted, and none twice" \
        "$(sql -c "SELECT sum(count) FROM legacy.rate_limits")" $((before + written))
    holds "the only phone left is none" \
        "$(sql -c "SELECT string_agg(id, ', ') FROM legacy.rate_limits WHERE id LIKE 'phone:%'")" "phone:ask for Bob"
    holds "three spellings of one number are one row" \
        "$(sql -c "SELECT count(*) FROM legacy.rate_limits WHERE id = phone_ratelimit_key('0400 000 002')")" 1
}
