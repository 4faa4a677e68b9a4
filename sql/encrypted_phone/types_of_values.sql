-- What holds values of the data type: domains and arrays of it, composites and ranges, and what is made of those.

CREATE FUNCTION phone_crypt.types_of_values() RETURNS TABLE (type oid, is_array boolean, is_nested boolean)
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    WITH RECURSIVE holding (type, is_array, is_nested) AS (
        SELECT '@extschema@.encrypted_phone'::regtype::oid, false, false
        UNION
        SELECT t.oid, h.is_array OR t.typtype = 'b',
               h.is_nested OR h.is_array AND t.typtype = 'b' OR t.typtype IN ('c', 'r', 'm')
          FROM holding AS h
          JOIN pg_type AS t
            ON t.typtype = 'd' AND t.typbasetype = h.type
            OR t.typtype = 'b' AND t.oid = (SELECT e.typarray FROM pg_type AS e WHERE e.oid = h.type)
            OR t.typtype = 'c' AND EXISTS (SELECT FROM pg_attribute AS a
                    WHERE a.attrelid = t.typrelid AND a.atttypid = h.type AND NOT a.attisdropped)
            OR t.typtype = 'r' AND EXISTS (SELECT FROM pg_range AS r WHERE r.rngtypid = t.oid AND r.rngsubtype = h.type)
            OR t.typtype = 'm' AND EXISTS (SELECT FROM pg_range AS r WHERE r.rngmultitypid = t.oid AND r.rngtypid = h.type)
    )
    SELECT h.type, bool_or(h.is_array), bool_or(h.is_nested) FROM holding AS h GROUP BY h.type
$$;
COMMENT ON FUNCTION phone_crypt.types_of_values() IS
    'the data type and what holds values of it: is_array with them as elements, is_nested deeper within';
