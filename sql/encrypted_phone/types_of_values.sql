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
         CROSS JOIN LATERAL (
               -- By what depends on the type, which has an index; the number of types and columns does not matter.
               SELECT d.objid FROM pg_depend AS d
                WHERE d.refclassid = 'pg_type'::regclass AND d.refobjid = h.type AND d.classid = 'pg_type'::regclass
               UNION ALL
               SELECT r.reltype FROM pg_depend AS d JOIN pg_class AS r ON r.oid = d.objid
                WHERE d.refclassid = 'pg_type'::regclass AND d.refobjid = h.type AND d.classid = 'pg_class'::regclass
                  AND d.objsubid > 0
               ) AS n (type)
          JOIN pg_type AS t ON t.oid = n.type
    )
    SELECT h.type, bool_or(h.is_array), bool_or(h.is_nested) FROM holding AS h GROUP BY h.type
$$;
COMMENT ON FUNCTION phone_crypt.types_of_values() IS
    'the data type and what holds values of it: is_array with them as elements, is_nested deeper within';
