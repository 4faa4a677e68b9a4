-- What sending policies decided, without numbers. Decisions that are alike and were written down together are one row.

CREATE TABLE phone_crypt.send_records (
    at          timestamptz NOT NULL,
    last_at     timestamptz NOT NULL,
    policy      text        COLLATE "C",
    phone_hash  text        COLLATE "C",
    block       text        COLLATE "C",
    region      text,
    type        text,
    allowed     boolean     NOT NULL,
    record_only boolean     NOT NULL,
    reason      text        NOT NULL,
    warnings    text[]      NOT NULL,
    decisions   bigint      NOT NULL
);
COMMENT ON TABLE phone_crypt.send_records IS
    'what sending policies decided, without numbers; written by flush_send_decisions()';
SELECT pg_catalog.pg_extension_config_dump('phone_crypt.send_records', '');
CREATE INDEX send_records_last_at ON phone_crypt.send_records (last_at);
CREATE INDEX send_records_phone_hash ON phone_crypt.send_records (phone_hash) WHERE phone_hash IS NOT NULL;

-- Writes down what is in memory. A policy that is gone by then has no name any more.
CREATE FUNCTION phone_crypt.flush_send_decisions() RETURNS bigint
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    written bigint;
BEGIN
    INSERT INTO phone_crypt.send_records
            (at, last_at, policy, phone_hash, block, region, type, allowed, record_only, reason, warnings, decisions)
        SELECT min(d.at), max(d.at), p.name, d.phone_hash, d.block, d.region, d.type, d.allowed, d.record_only, d.reason,
               d.warnings, count(*)
          FROM phone_crypt.take_send_decisions() AS d LEFT JOIN phone_crypt.send_policies AS p ON p.space = d.space
         GROUP BY p.name, d.phone_hash, d.block, d.region, d.type, d.allowed, d.record_only, d.reason, d.warnings;
    GET DIAGNOSTICS written = ROW_COUNT;
    RETURN written;
END;
$$;
COMMENT ON FUNCTION phone_crypt.flush_send_decisions() IS
    'writes down what sending policies decided since the last time';

-- What is not written down yet is there, too.
CREATE VIEW phone_crypt.send_decisions AS
    SELECT r.at, r.last_at, r.policy, r.phone_hash, r.block, r.region, r.type, r.allowed, r.record_only, r.reason, r.warnings,
           r.decisions
      FROM phone_crypt.send_records AS r
    UNION ALL
    SELECT d.at, d.at, p.name, d.phone_hash, d.block, d.region, d.type, d.allowed, d.record_only, d.reason, d.warnings, 1
      FROM phone_crypt.unwritten_send_decisions() AS d
      LEFT JOIN phone_crypt.send_policies AS p ON p.space OPERATOR(pg_catalog.=) d.space;
COMMENT ON VIEW phone_crypt.send_decisions IS
    'what sending policies decided, and why, without numbers';

CREATE VIEW phone_crypt.send_budgets AS
    SELECT s.policy, s.budget, s.region,
           pg_catalog.trim_scale(s.spent OPERATOR(pg_catalog./) 1000000.0) AS spent,
           pg_catalog.trim_scale(s.amount OPERATOR(pg_catalog./) 1000000.0) AS amount, p.currency,
           CASE WHEN s.amount OPERATOR(pg_catalog.>) 0
                THEN pg_catalog.round(s.spent OPERATOR(pg_catalog./) s.amount::numeric, 3) END AS share, s.resets_at
      FROM phone_crypt.send_budget_states() AS s
      JOIN phone_crypt.send_policies AS p ON p.name OPERATOR(pg_catalog.=) s.policy COLLATE "C";
COMMENT ON VIEW phone_crypt.send_budgets IS
    'what is spent of the budgets of sending policies; of regions, where something is';

-- How each policy is doing: what it decided in the last day, and what is spent.
CREATE VIEW phone_crypt.send_status AS
    SELECT p.name AS policy, p.record_only, coalesce(d.passed, 0) AS passed_day, coalesce(d.refused, 0) AS refused_day,
           d.last_refused_at, d.last_reason,
           (SELECT b.spent FROM phone_crypt.send_budgets AS b
             WHERE b.policy OPERATOR(pg_catalog.=) p.name AND b.budget OPERATOR(pg_catalog.=) 'hour') AS spent_hour, p.budget_hour,
           (SELECT b.spent FROM phone_crypt.send_budgets AS b
             WHERE b.policy OPERATOR(pg_catalog.=) p.name AND b.budget OPERATOR(pg_catalog.=) 'day') AS spent_day, p.budget_day,
           p.currency
      FROM phone_crypt.send_policies AS p
      LEFT JOIN (SELECT s.policy,
                        pg_catalog.sum(s.decisions) FILTER (WHERE s.passed)::bigint AS passed,
                        pg_catalog.sum(s.decisions) FILTER (WHERE NOT s.passed)::bigint AS refused,
                        pg_catalog.max(s.last_at) FILTER (WHERE NOT s.passed) AS last_refused_at,
                        (pg_catalog.array_agg(s.reason ORDER BY s.last_at DESC) FILTER (WHERE NOT s.passed))[1] AS last_reason
                   FROM (SELECT r.policy, r.reason, r.last_at, r.decisions,
                                r.reason OPERATOR(pg_catalog.=) ANY (ARRAY['ok', 'exempt']) AS passed
                           FROM phone_crypt.send_decisions AS r
                          WHERE r.last_at OPERATOR(pg_catalog.>) (pg_catalog.clock_timestamp()
                                OPERATOR(pg_catalog.-) '1 day'::interval)) AS s
                  GROUP BY s.policy) AS d ON d.policy OPERATOR(pg_catalog.=) p.name;
COMMENT ON VIEW phone_crypt.send_status IS
    'how each sending policy is doing: what its rules said in the last day, and what is spent of its budgets';
