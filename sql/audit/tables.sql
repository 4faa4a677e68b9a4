-- The audit log: records, the hashes of its Merkle tree, signed checkpoints, public keys. What writes it is in src/audit/log.
-- Rows are inserted by the worker, and never changed; the current log's row and its last tile excepted.

-- A log has a random id of its own: the system identifier is another one after pg_upgrade. A database that is restored from a
-- dump begins a log of its own, and the one of the dump comes along, closed.
CREATE TABLE phone_crypt.audit_logs (
    log        text        COLLATE "C" PRIMARY KEY DEFAULT pg_catalog.gen_random_uuid(),
    is_current boolean     NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    -- Records so far, and the roots of the tree's full subtrees.
    size       bigint      NOT NULL DEFAULT 0 CHECK (size OPERATOR(pg_catalog.>=) 0),
    peaks      bytea       NOT NULL DEFAULT '',
    -- The month of the last record: its partition.
    month      date,
    -- How far the queue in shared memory has been written: which queue, and the last number.
    run        bigint,
    taken      bigint,
    -- Where the last record was written.
    system_id  text,
    timeline   bigint,
    database   oid,
    -- The last signed checkpoint; why there is none since, where that has a reason.
    signed_size bigint,
    signed_at  timestamptz,
    unsigned_because text,
    -- The settings and the ids of the keys that the worker found last.
    settings   text,
    key_ids    text
);
COMMENT ON TABLE phone_crypt.audit_logs IS
    'audit logs: that of this database, and those that came with a dump';
SELECT pg_catalog.pg_extension_config_dump('phone_crypt.audit_logs', '');

-- One log is written: what a dump brings in is not.
CREATE FUNCTION phone_crypt.close_other_log() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    NEW.is_current := NOT EXISTS (SELECT FROM phone_crypt.audit_logs AS l WHERE l.is_current);
    RETURN NEW;
END;
$$;
REVOKE EXECUTE ON FUNCTION phone_crypt.close_other_log() FROM PUBLIC;
COMMENT ON FUNCTION phone_crypt.close_other_log() IS
    'makes an audit log that comes with a dump one that is not written any more';
CREATE TRIGGER close_other_log BEFORE INSERT ON phone_crypt.audit_logs
    FOR EACH ROW EXECUTE FUNCTION phone_crypt.close_other_log();
INSERT INTO phone_crypt.audit_logs DEFAULT VALUES;

-- A row is a batch: records that follow each other, at most to the end of their tile; phone_crypt.audit_unpack gives them. Each
-- partition has a primary key of its own: where the parent had one, pg_dump would make it twice.
CREATE TABLE phone_crypt.audit_records (
    log        text        COLLATE "C" NOT NULL,
    month      date        NOT NULL,
    -- The number of the last record in it.
    seq        bigint      NOT NULL,
    written_at timestamptz NOT NULL,
    records    bytea       NOT NULL
) PARTITION BY RANGE (log, month);
COMMENT ON TABLE phone_crypt.audit_records IS
    'audit records, many a row; a partition a month, made by the worker';
SELECT pg_catalog.pg_extension_config_dump('phone_crypt.audit_records', '');

-- 256 leaf hashes a row. They stay when the records go.
CREATE TABLE phone_crypt.audit_tiles (
    log    text   COLLATE "C" NOT NULL,
    tile   bigint NOT NULL,
    hashes bytea  NOT NULL,
    -- The root over them; NULL until there are 256.
    root   bytea,
    PRIMARY KEY (log, tile)
);
COMMENT ON TABLE phone_crypt.audit_tiles IS
    'hashes of audit records, 256 a row';
SELECT pg_catalog.pg_extension_config_dump('phone_crypt.audit_tiles', '');

CREATE TABLE phone_crypt.audit_checkpoints (
    log       text        COLLATE "C" NOT NULL,
    size      bigint      NOT NULL,
    signed_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    -- UTF-8, whatever the database's encoding.
    note      bytea       NOT NULL,
    PRIMARY KEY (log, size, signed_at)
);
COMMENT ON TABLE phone_crypt.audit_checkpoints IS
    'signed checkpoints of audit logs';
SELECT pg_catalog.pg_extension_config_dump('phone_crypt.audit_checkpoints', '');

CREATE TABLE phone_crypt.audit_public_keys (
    log        text        COLLATE "C" NOT NULL,
    public_key bytea       NOT NULL CHECK (pg_catalog.octet_length(public_key) OPERATOR(pg_catalog.=) 32),
    -- The key that it was derived from, and the text that verifiers take.
    key_id     text        NOT NULL,
    verifier   text        NOT NULL,
    first_used timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    PRIMARY KEY (log, public_key)
);
COMMENT ON TABLE phone_crypt.audit_public_keys IS
    'public keys that have signed checkpoints of audit logs';
SELECT pg_catalog.pg_extension_config_dump('phone_crypt.audit_public_keys', '');

-- Without shared_preload_libraries: what transactions have recorded and has no number yet.
CREATE SEQUENCE phone_crypt.audit_waiting_ids;
COMMENT ON SEQUENCE phone_crypt.audit_waiting_ids IS
    'the order of audit records that have no number yet';
SELECT pg_catalog.pg_extension_config_dump('phone_crypt.audit_waiting_ids', '');
CREATE TABLE phone_crypt.audit_waiting (
    id      bigint PRIMARY KEY DEFAULT pg_catalog.nextval('phone_crypt.audit_waiting_ids'),
    time_us bigint NOT NULL,
    fields  bytea  NOT NULL
);
COMMENT ON TABLE phone_crypt.audit_waiting IS
    'audit records that have no number yet, where the library is not preloaded';
SELECT pg_catalog.pg_extension_config_dump('phone_crypt.audit_waiting', '');

-- Makes the partition of a month, if there is none. Attached rather than created as one: that lets readers go on.
CREATE FUNCTION phone_crypt.audit_partition(log text, month date) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    title text;
    until date;
BEGIN
    -- PostgreSQL's own messages would quote what it is.
    IF log IS NULL OR month IS NULL THEN
        RAISE EXCEPTION 'log and month must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    ELSIF log !~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN
        RAISE EXCEPTION 'log must be the id of an audit log' USING ERRCODE = 'invalid_parameter_value';
    ELSIF month < '1970-01-01' OR month > '9999-12-01' OR extract(day FROM month) <> 1 THEN
        RAISE EXCEPTION 'month must be the first day of one' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    title := format('audit_%s_%s', to_char(month, 'YYYY_MM'), left(log, 8));
    until := month + interval '1 month';
    IF EXISTS (SELECT FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid
                WHERE i.inhparent = 'phone_crypt.audit_records'::regclass AND c.relname = title) THEN
        RETURN;
    END IF;
    EXECUTE format('CREATE TABLE phone_crypt.%I (LIKE phone_crypt.audit_records, PRIMARY KEY (seq), '
                   'CONSTRAINT of_month CHECK (log = %L COLLATE "C" AND month >= %L AND month < %L)) '
                   'WITH (toast_tuple_target = 8160)',
                   title, log, month, until);
    EXECUTE format('ALTER TABLE phone_crypt.audit_records ATTACH PARTITION phone_crypt.%I FOR VALUES FROM (%L, %L) TO (%L, %L)',
                   title, log, month, log, until);
    EXECUTE format('COMMENT ON TABLE phone_crypt.%I IS %L', title, 'audit records of a month');
END;
$$;
COMMENT ON FUNCTION phone_crypt.audit_partition(text, date) IS
    'makes the partition of audit records of a month';

-- The first partition of a log that has records of before that day only, and the record after them.
CREATE FUNCTION phone_crypt.audit_old_partition(log text, before date, OUT relation regclass, OUT up_to bigint) RETURNS record
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    partition regclass;
    last_month date;
BEGIN
    FOR partition IN SELECT i.inhrelid::regclass FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid
                      WHERE i.inhparent = 'phone_crypt.audit_records'::regclass ORDER BY c.relname COLLATE "C" LOOP
        EXECUTE format('SELECT max(r.month), max(r.seq) + 1 FROM %s AS r WHERE r.log = $1', partition)
            INTO last_month, up_to USING audit_old_partition.log;
        IF last_month + interval '1 month' <= before THEN
            relation := partition;
            RETURN;
        END IF;
    END LOOP;
    up_to := NULL;
END;
$$;
COMMENT ON FUNCTION phone_crypt.audit_old_partition(text, date) IS
    'the first partition of audit records that are old enough to be dropped';

-- The settings of the server as the worker finds them, and which are others than before.
CREATE FUNCTION phone_crypt.audit_settings(before jsonb, OUT present text, OUT changed text) RETURNS record
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT jsonb_object_agg(s.name, s.setting)::text,
           string_agg(substr(s.name, 13), ',' ORDER BY s.name COLLATE "C")
               FILTER (WHERE s.setting IS DISTINCT FROM before ->> s.name)
      FROM pg_settings AS s WHERE s.name LIKE 'phone\_crypt.%'
$$;
COMMENT ON FUNCTION phone_crypt.audit_settings(jsonb) IS
    'the settings, and which of them are others than before';
