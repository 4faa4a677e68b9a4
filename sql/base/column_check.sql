-- What a column holds, before it is converted. The work is in src/column_check.rs.

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
