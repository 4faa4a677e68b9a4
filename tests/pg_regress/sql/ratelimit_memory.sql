-- The memory engine, which is what a preloaded server has.
\pset format unaligned
\pset null '<NULL>'
\i include/ratelimit.sql

-- ROLLBACK loses no hit.
BEGIN;
SELECT remaining FROM ratelimit_hit('rolled back', 5, '1 year');
SAVEPOINT s;
SELECT remaining FROM ratelimit_hit('rolled back', 5, '1 year');
ROLLBACK TO s;
ROLLBACK;
SELECT remaining FROM ratelimit_peek('rolled back', 5, '1 year');
BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY;
SELECT remaining FROM ratelimit_hit('rolled back', 5, '1 year');
COMMIT;

-- The flusher writes what the legacy application reads.
SELECT ratelimit_flush();
SELECT id, count, window_start BETWEEN 1e12 AND 1e13 AS in_milliseconds, created_at <= now() AS made, algorithm, quota,
       cur, engine
  FROM phone_crypt.rate_limits;
SELECT engine, slots, slots_in_use > 0 AS used, dirty_slots, hits > 0 AS hits, denials > 0 AS denials, evictions,
       refusals, flushes > 0 AS flushes, flush_failures, last_flush <= now() AS flushed, flush_lag, loaded
  FROM phone_crypt.ratelimit_stats;
SELECT key, hits, denials FROM phone_crypt.ratelimit_top WHERE key = 'rolled back';
