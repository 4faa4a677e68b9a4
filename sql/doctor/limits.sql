-- The doctor: rate limits and sending policies.

CREATE FUNCTION phone_crypt.doctor_memory_engine() RETURNS SETOF phone_crypt.finding
    LANGUAGE sql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT f.severity, f.detail, f.remedy
      FROM phone_crypt.ratelimit_counters() AS s
     CROSS JOIN LATERAL (
        SELECT 'warning', format('%s of %s slots of the memory engine are in use', s.slots_in_use, s.slots),
               'ALTER SYSTEM SET phone_crypt.ratelimit_slots = ' || 2 * s.slots || '; and restart the server.'
         WHERE s.slots_in_use > 0.7 * s.slots
        UNION ALL
        SELECT 'warning', format('%s hits failed for want of a slot (53400) since the server started', s.refusals),
               'ALTER SYSTEM SET phone_crypt.ratelimit_slots = ' || 2 * s.slots || '; and restart the server.'
         WHERE s.refusals > 0
        UNION ALL
        SELECT 'warning', format('more keys than slots: %s slots were taken over since the server started', s.evictions),
               'ALTER SYSTEM SET phone_crypt.ratelimit_slots = ' || 2 * s.slots || '; and restart the server.'
         WHERE s.evictions > s.slots
        UNION ALL
        SELECT 'warning', 'changes of rate limits have not been written to the table for more than a minute: a crash would lose them',
               'Look for who has locked phone_crypt.rate_limits (pg_locks), and into the server log.'
         WHERE s.flush_lag > interval '1 minute' AND s.dirty_slots > 0
           AND (SELECT p.setting FROM pg_settings AS p WHERE p.name = 'phone_crypt.ratelimit_flush_interval')::bigint BETWEEN 1 AND 60000
       ) AS f (severity, detail, remedy)
     WHERE s.engine = 'memory'
$$;
COMMENT ON FUNCTION phone_crypt.doctor_memory_engine() IS
    'finds a memory engine that is nearly full, spills, or is not written down';

-- "Without end" is what nobody will see the end of.
CREATE FUNCTION phone_crypt.doctor_endless_blocks() RETURNS SETOF phone_crypt.finding
    LANGUAGE sql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'warning', format('%s blocked for more than a year from now', phone_crypt.counted(count(*), 'number is', 'numbers are')),
           'SELECT key, policy, blocked_until FROM phone_crypt.ratelimit_blocked_phones ORDER BY blocked_until DESC;'
           ' then ratelimit_unblock_phone() for those that need not be.'
      FROM phone_crypt.ratelimit_blocked_phones AS b WHERE b.blocked_until > now() + interval '1 year'
    HAVING count(*) > 0
    UNION ALL
    SELECT 'info', format('%s on the deny list for more than a year; the list has no end of its own',
                          phone_crypt.counted(count(*), 'entry is', 'entries are')),
           'SELECT coalesce(key, network::text), note, added_at FROM phone_crypt.ratelimit_lists WHERE list = ''deny'' ORDER BY added_at;'
           ' then ratelimit_unlist_key() or ratelimit_unlist_network() for those that may go.'
      FROM phone_crypt.ratelimit_lists AS l WHERE l.list = 'deny' AND l.added_at < now() - interval '1 year'
    HAVING count(*) > 0
$$;
COMMENT ON FUNCTION phone_crypt.doctor_endless_blocks() IS
    'finds blocks and deny lists without end';

CREATE FUNCTION phone_crypt.doctor_trial_policies() RETURNS SETOF phone_crypt.finding
    LANGUAGE sql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN bool_or(p.for_long) THEN 'warning' ELSE 'info' END,
           format('%s only recording, and refuses nothing: %s',
                  phone_crypt.counted(count(*), 'sending policy is', 'sending policies are'),
                  phone_crypt.some_of(array_agg(quote_ident(p.name) || CASE WHEN p.for_long THEN ' (for more than two weeks)' ELSE '' END
                                                ORDER BY p.for_long DESC, p.name))),
           'When its answers are right: SELECT phone_send_policy_set(''name'', record_only => false);'
      FROM (SELECT p.name,
                   EXISTS (SELECT FROM (SELECT r.policy, r.record_only FROM phone_crypt.send_records AS r
                                         WHERE r.last_at < now() - interval '14 days' ORDER BY r.last_at DESC LIMIT 10000) AS old
                            WHERE old.policy = p.name AND old.record_only) AS for_long
              FROM phone_crypt.send_policies AS p WHERE p.record_only) AS p
    HAVING count(*) > 0
    UNION ALL
    SELECT 'info', format('%s only watching, and refuses nothing: %s',
                          phone_crypt.counted(count(*), 'rate-limit policy is', 'rate-limit policies are'),
                          phone_crypt.some_of(array_agg(quote_ident(p.name) ORDER BY p.name))),
           'When its answers are right: ratelimit_policy_set() with shadow => false.'
      FROM phone_crypt.ratelimit_policies AS p WHERE p.shadow
    HAVING count(*) > 0
$$;
COMMENT ON FUNCTION phone_crypt.doctor_trial_policies() IS
    'finds policies that record only';
