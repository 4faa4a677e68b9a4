-- What a column holds, before it is converted. The work is in src/column_check/check.rs.

-- What a domain, or a domain over another one, is made of.
CREATE FUNCTION phone_crypt.base_type(type oid, modifier integer, OUT base oid, OUT base_modifier integer)
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    WITH RECURSIVE types (oid, modifier, depth) AS (
        SELECT type, modifier, 0
        UNION ALL
        SELECT t.typbasetype, t.typtypmod, s.depth + 1
          FROM types AS s JOIN pg_type AS t ON t.oid = s.oid WHERE t.typtype = 'd'
    )
    SELECT t.oid, t.modifier FROM types AS t ORDER BY t.depth DESC LIMIT 1
$$;
COMMENT ON FUNCTION phone_crypt.base_type(oid, integer) IS
    'the type and modifier below all domains';

CREATE FUNCTION phone_check_column(
    "table" regclass, "column" name, regions text DEFAULT 'default',
    OUT outcome text, OUT region text, OUT with_extension boolean, OUT rows bigint, OUT samples text[]
) RETURNS SETOF record
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    base_type oid;
BEGIN
    IF "table" IS NULL OR "column" IS NULL OR regions IS NULL THEN
        RAISE EXCEPTION 'table, column and regions must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    IF NOT EXISTS (SELECT FROM pg_class AS c WHERE c.oid = "table") THEN
        RAISE EXCEPTION 'relation with OID % does not exist', "table"::oid USING ERRCODE = 'undefined_table';
    END IF;
    SELECT t.base INTO base_type
      FROM pg_attribute AS a, phone_crypt.base_type(a.atttypid, a.atttypmod) AS t
     WHERE a.attrelid = "table" AND a.attname = "column" AND a.attnum > 0 AND NOT a.attisdropped;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'table % has no column %', "table", quote_ident("column") USING ERRCODE = 'undefined_column';
    ELSIF base_type NOT IN ('text'::regtype, 'varchar'::regtype, 'bpchar'::regtype) THEN
        RAISE EXCEPTION 'column % is not of type text or varchar', quote_ident("column")
            USING ERRCODE = 'datatype_mismatch';
    END IF;
    RETURN QUERY SELECT o.outcome, o.region, o.with_extension, o.rows, o.samples
                   FROM phone_crypt.column_outcomes("table", "column"::text, regions) AS o
                  ORDER BY o.rows DESC, o.outcome COLLATE "C", o.region COLLATE "C", o.with_extension;
END;
$$;
COMMENT ON FUNCTION phone_check_column(regclass, name, text) IS
    'counts what the texts of a column are as phone numbers, with masked samples; changes nothing';
