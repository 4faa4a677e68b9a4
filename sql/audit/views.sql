-- The audit log as it is read. Everything in a record is ASCII, whatever the database's encoding.

CREATE VIEW phone_crypt.audit_log AS
    SELECT r.seq, r.happened_at, r.fields OPERATOR(pg_catalog.->>) 'class' AS class,
           r.fields OPERATOR(pg_catalog.->>) 'event' AS event, r.fields OPERATOR(pg_catalog.->>) 'role' AS role,
           r.fields OPERATOR(pg_catalog.->>) 'session_user' AS session_user,
           r.fields OPERATOR(pg_catalog.->>) 'application' AS application,
           (r.fields OPERATOR(pg_catalog.->>) 'address')::pg_catalog.inet AS address,
           (r.fields OPERATOR(pg_catalog.->>) 'count')::bigint AS count, r.fields, r.log, r.record, r.month, r.written_at,
           r.last_in_row
      FROM (SELECT u.seq, u.happened_at, u.record, a.log, a.month, a.written_at, a.seq AS last_in_row,
                   pg_catalog.convert_from(pg_catalog.substr(u.record, 17), 'SQL_ASCII')::pg_catalog.jsonb AS fields
              FROM phone_crypt.audit_records AS a CROSS JOIN LATERAL phone_crypt.audit_unpack(a.seq, a.records) AS u) AS r;
COMMENT ON VIEW phone_crypt.audit_log IS
    'what was recorded: number, time, class, event, who, fields, and the bytes that are hashed; month and time of its writing; the last number in its row of the table';

-- Inlined. The row that holds a record ends with it at the earliest, with its tile of 256 at the latest: so its index finds it.
CREATE FUNCTION audit_record(seq bigint, last_seq bigint DEFAULT NULL) RETURNS SETOF phone_crypt.audit_log
    LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT l.* FROM phone_crypt.audit_log AS l
     WHERE l.last_in_row OPERATOR(pg_catalog.>=) $1 AND l.last_in_row OPERATOR(pg_catalog.<=) (coalesce($2, $1) OPERATOR(pg_catalog.|) 255)
       AND l.seq OPERATOR(pg_catalog.>=) $1 AND l.seq OPERATOR(pg_catalog.<=) coalesce($2, $1)
$$;
COMMENT ON FUNCTION audit_record(bigint, bigint) IS
    'the audit record with this number, or those up to another one, found by index';

CREATE VIEW phone_crypt.audit_keys AS
    SELECT k.key_id, k.verifier, k.public_key, k.first_used, k.log FROM phone_crypt.audit_public_keys AS k;
COMMENT ON VIEW phone_crypt.audit_keys IS
    'the public keys that have signed checkpoints of the audit log';

CREATE VIEW phone_crypt.audit_status AS
    SELECT 'phone_crypt/' OPERATOR(pg_catalog.||) l.log AS origin, l.size, l.signed_size, l.signed_at, l.unsigned_because,
           coalesce(q.waiting, (SELECT pg_catalog.count(*) FROM phone_crypt.audit_waiting)) AS waiting,
           pg_catalog.clock_timestamp() OPERATOR(pg_catalog.-) q.oldest AS lag, q.lost, q.used, q.capacity,
           q.capacity IS NOT NULL AS background, l.system_id, l.timeline
      FROM phone_crypt.audit_logs AS l LEFT JOIN phone_crypt.audit_queue() AS q ON true
     WHERE l.is_current;
COMMENT ON VIEW phone_crypt.audit_status IS
    'the audit log: size, last checkpoint and why there is none since, what waits and for how long, what was lost';
