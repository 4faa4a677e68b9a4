-- What holds values of the data types: domains and arrays of it, composites and ranges, and what is made of those.

CREATE FUNCTION phone_crypt.types_of_values() RETURNS TABLE (type oid, data_type regtype, is_array boolean, is_nested boolean)
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    WITH RECURSIVE holding (type, data_type, is_array, is_nested) AS (
        SELECT d.type::oid, d.type, false, false
          FROM (VALUES ('@extschema@.encrypted_phone'::regtype), ('@extschema@.encrypted_email'::regtype)) AS d (type)
        UNION
        SELECT t.oid, h.data_type, h.is_array OR t.typtype = 'b',
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
    SELECT h.type, h.data_type, bool_or(h.is_array), bool_or(h.is_nested) FROM holding AS h GROUP BY h.type, h.data_type
$$;
COMMENT ON FUNCTION phone_crypt.types_of_values() IS
    'the data types and what holds values of them: is_array with them as elements, is_nested deeper within';

CREATE FUNCTION phone_crypt.data_type_of(relation regclass, column_name text) RETURNS regtype
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT h.data_type FROM phone_crypt.types_of_values() AS h JOIN pg_attribute AS a ON a.atttypid = h.type
     WHERE a.attrelid = relation AND a.attname = column_name AND a.attnum > 0 AND NOT a.attisdropped
     ORDER BY 1 LIMIT 1
$$;
COMMENT ON FUNCTION phone_crypt.data_type_of(regclass, text) IS
    'the data type whose values a column holds; NULL where it holds none';

CREATE FUNCTION phone_crypt.holds_addresses(relation regclass, column_name text) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(phone_crypt.data_type_of(relation, column_name) = '@extschema@.encrypted_email'::regtype, false)
$$;
COMMENT ON FUNCTION phone_crypt.holds_addresses(regclass, text) IS
    'whether the values of a column are e-mail addresses, not phone numbers';

-- Each function on values has a namesake for the other type: phone_key_id and email_key_id.
CREATE FUNCTION phone_crypt.function_of(relation regclass, column_name text, last_of_name text) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT concat(t.typnamespace::regnamespace::text, '.',
                  CASE t.oid WHEN '@extschema@.encrypted_email'::regtype THEN 'email' ELSE 'phone' END, '_', last_of_name)
      FROM pg_type AS t
     WHERE t.oid = coalesce(phone_crypt.data_type_of(relation, column_name), '@extschema@.encrypted_phone'::regtype)
$$;
COMMENT ON FUNCTION phone_crypt.function_of(regclass, text, text) IS
    'phone_... or email_..., with its schema: whichever is for the values of a column';
