-- The table engine, on a server that could have the other.
\pset format unaligned
\pset null '<NULL>'
ALTER SYSTEM SET phone_crypt.ratelimit_engine = 'table';
SELECT pg_reload_conf();
SELECT pg_sleep(0.2);
\i include/ratelimit.sql

-- A hit is part of the transaction.
BEGIN;
SELECT remaining FROM ratelimit_hit('rolled back', 5, '1 year');
SAVEPOINT s;
SELECT remaining FROM ratelimit_hit('rolled back', 5, '1 year');
ROLLBACK TO s;
SELECT remaining FROM ratelimit_peek('rolled back', 5, '1 year');
ROLLBACK;
SELECT remaining FROM ratelimit_peek('rolled back', 5, '1 year');

-- A denial writes nothing, not even in a transaction that could not.
SELECT remaining FROM ratelimit_hit('full', 1, '1 year');
BEGIN READ ONLY;
SELECT allowed FROM ratelimit_hit('full', 1, '1 year');
SELECT t.outcome($$ratelimit_hit('empty', 1, '1 year')$$);
COMMIT;

-- A row of a legacy application counts, in the window that the caller names.
INSERT INTO phone_crypt.rate_limits (id, count, window_start)
    VALUES ('legacy', 3, extract(epoch FROM now()) * 1000), ('legacy over', 3, 1000);
SELECT allowed, remaining FROM ratelimit_hit('legacy', 5, '1 hour');
SELECT allowed, remaining FROM ratelimit_hit('legacy over', 5, '1 hour');
-- And one that somebody spoilt is no worse.
INSERT INTO phone_crypt.rate_limits (id, count, window_start, algorithm, window_us, violations, expires_us)
    VALUES ('spoilt', 2, 9e18, 99, -5, -7, -1);
SELECT allowed, remaining FROM ratelimit_hit('spoilt', 5, '1 hour');

SELECT engine, slots, hits > 0 AS hits, denials > 0 AS denials, flushes FROM phone_crypt.ratelimit_stats;
ALTER SYSTEM RESET phone_crypt.ratelimit_engine;
SELECT pg_reload_conf();
SELECT pg_sleep(0.2);
