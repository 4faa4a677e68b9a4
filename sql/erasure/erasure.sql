-- Erasure and retention: what a column's rows are to become. The work is in src/erasure.

-- Whether PostgreSQL can tell how old a row is by this column.
CREATE FUNCTION phone_crypt.is_time_column(relation regclass, column_name text) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT EXISTS (
        WITH RECURSIVE type (oid, base) AS (
            SELECT t.oid, t.typbasetype
              FROM pg_attribute AS a JOIN pg_type AS t ON t.oid = a.atttypid
             WHERE a.attrelid = relation AND a.attname = column_name AND a.attnum > 0 AND NOT a.attisdropped
            UNION ALL
            SELECT t.oid, t.typbasetype FROM type JOIN pg_type AS t ON t.oid = type.base
        )
        SELECT FROM type WHERE oid IN ('date'::regtype, 'timestamp'::regtype, 'timestamptz'::regtype))
$$;
COMMENT ON FUNCTION phone_crypt.is_time_column(regclass, text) IS
    'whether the column is a date or timestamp, or a domain over one';

CREATE FUNCTION phone_column_policy(
    "table" regclass, "column" name, on_forget text DEFAULT 'null', retention interval DEFAULT NULL,
    retention_column name DEFAULT NULL
) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF "table" IS NULL OR "column" IS NULL OR on_forget IS NULL THEN
        RAISE EXCEPTION 'table, column and on_forget must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    PERFORM phone_crypt.check_owner("table");
    IF on_forget NOT IN ('null', 'delete') THEN
        RAISE EXCEPTION 'on_forget is one of: null, delete' USING ERRCODE = 'invalid_parameter_value';
    ELSIF (retention IS NULL) <> (retention_column IS NULL) THEN
        RAISE EXCEPTION 'retention and retention_column go together' USING ERRCODE = 'invalid_parameter_value';
    -- An infinite one would be no retention, and one of no length would take every row of the past.
    ELSIF retention <= interval '0' OR NOT isfinite(retention) THEN
        RAISE EXCEPTION 'retention must be a positive interval' USING ERRCODE = 'invalid_parameter_value';
    ELSIF retention_column IS NOT NULL AND NOT phone_crypt.is_time_column("table", retention_column) THEN
        RAISE EXCEPTION 'retention_column must name a column of type date, timestamp or timestamptz'
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF NOT phone_crypt.is_encrypted_column("table", "column") THEN
        RAISE EXCEPTION 'column % of table % is not of type encrypted_phone or encrypted_email', quote_ident("column"), "table"
            USING ERRCODE = 'object_not_in_prerequisite_state';
    ELSIF NOT (SELECT c.shared FROM phone_crypt.crypto_counters() AS c LIMIT 1) THEN
        RAISE EXCEPTION 'the policy is a security label, which a dump does not restore unless phone_crypt is preloaded'
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = 'Add phone_crypt to shared_preload_libraries and restart the server.';
    END IF;
    PERFORM phone_crypt.run_as_owner("table", format('SECURITY LABEL FOR phone_crypt ON COLUMN %s.%I IS %L', "table",
        "column", concat('on_forget=', on_forget, ', retention=' || retention, ', retention_column=' || retention_column)));
END;
$$;
COMMENT ON FUNCTION phone_column_policy(regclass, name, text, interval, name) IS
    'sets what erasure does to the rows of an encrypted column, and after how long they are purged';
