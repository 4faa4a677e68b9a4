-- The doctor: the audit log. Whether it is whole, phone_crypt_audit_verify() tells, which reads all of it; here is what can be
-- seen at once.

CREATE FUNCTION phone_crypt.doctor_audit_log() RETURNS SETOF phone_crypt.finding
    LANGUAGE sql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'warning', 'phone_crypt.audit is none: nothing is recorded', 'ALTER SYSTEM RESET phone_crypt.audit; SELECT pg_reload_conf();'
     WHERE current_setting('phone_crypt.audit') = 'none'
    UNION ALL
    SELECT f.severity, f.detail, f.remedy
      FROM phone_crypt.audit_status AS s
     CROSS JOIN LATERAL (
        SELECT 'warning', format('the last checkpoint of the audit log is more than an hour old, and %s came since: %s',
                                 phone_crypt.counted(s.size - coalesce(s.signed_size, 0), 'record', 'records'),
                                 coalesce(s.unsigned_because, 'the worker does not get to it')),
               'SELECT * FROM phone_crypt_audit_checkpoint(); makes one now, or says why it cannot. The server log has more.'
         WHERE s.background AND s.size > coalesce(s.signed_size, 0)
           AND coalesce(s.signed_at, (SELECT l.created_at FROM phone_crypt.audit_logs AS l WHERE l.is_current)) < now() - interval '1 hour'
        UNION ALL
        SELECT 'warning', format('%s of the audit log were lost since the server started: its queue was full',
                                 phone_crypt.counted(s.lost, 'record', 'records')),
               'The log has gap records with the counts. Record fewer classes, or look for what holds the worker up.'
         WHERE s.lost > 0
        UNION ALL
        SELECT 'warning', format('%s not been written for five minutes', phone_crypt.counted(s.waiting, 'audit record has', 'audit records have')),
               'Look for who has locked the tables phone_crypt.audit_* (pg_locks), and into the server log.'
         WHERE s.lag > interval '5 minutes' AND NOT pg_is_in_recovery()
       ) AS f (severity, detail, remedy)
$$;
COMMENT ON FUNCTION phone_crypt.doctor_audit_log() IS
    'finds an audit log that records nothing, is not signed or written, or has lost records';

-- A gap is recorded once. It is shown for a month, or for as long as it is among the last 5,000 records.
CREATE FUNCTION phone_crypt.doctor_audit_gaps() RETURNS SETOF phone_crypt.finding
    LANGUAGE sql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'warning', format('the audit log has %s of the last month, where records may be missing, the last at record %s',
                             phone_crypt.counted(count(*), 'gap', 'gaps'), max(a.seq)),
           'SELECT * FROM phone_crypt.audit_log WHERE event = ''gap''; says why. After a crash, about a second''s records are lost.'
      FROM phone_crypt.audit_logs AS l
      JOIN phone_crypt.audit_log AS a ON a.log = l.log AND a.seq >= l.size - 5000
     WHERE l.is_current AND a.class = 'admin' AND a.event = 'gap' AND a.happened_at > now() - interval '30 days'
    HAVING count(*) > 0
$$;
COMMENT ON FUNCTION phone_crypt.doctor_audit_gaps() IS
    'finds gaps that the audit log has recorded';

-- The counts that the log keeps of itself, against the rows that are there: by index, not by reading it.
CREATE FUNCTION phone_crypt.doctor_audit_tables() RETURNS SETOF phone_crypt.finding
    LANGUAGE sql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'critical', 'the audit log is broken: it says that it has more records than there are',
           'SELECT * FROM phone_crypt_audit_verify(); says where. Keep the database as it is: docs/incidents.md.'
      FROM phone_crypt.audit_logs AS l
     WHERE l.is_current AND l.size > 0
       AND (NOT EXISTS (SELECT FROM phone_crypt.audit_records AS r
                         WHERE r.log = l.log AND r.month = l.month AND r.seq = l.size - 1)
            OR (SELECT count(*) FROM phone_crypt.audit_tiles AS t WHERE t.log = l.log) <> (l.size + 255) / 256)
    UNION ALL
    SELECT 'critical', 'the audit log is broken: a checkpoint covers more records than it has',
           'SELECT * FROM phone_crypt_audit_verify(); says where. Keep the database as it is: docs/incidents.md.'
      FROM phone_crypt.audit_logs AS l
     WHERE l.is_current AND l.size < (SELECT max(c.size) FROM phone_crypt.audit_checkpoints AS c WHERE c.log = l.log)
$$;
COMMENT ON FUNCTION phone_crypt.doctor_audit_tables() IS
    'finds an audit log whose end is missing';
