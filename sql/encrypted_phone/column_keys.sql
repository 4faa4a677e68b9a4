-- Under which keys the values of every column of the data types are, the secrets of webhook endpoints,
-- and what the extension keeps of consent. One table that cannot be read does not keep the others
-- from being counted.

CREATE FUNCTION phone_column_keys(
    OUT relation regclass, OUT column_name name, OUT key_id text, OUT hash_key_id text, OUT rows bigint
) RETURNS SETOF record
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    item record;
    of_others bigint := 0;
BEGIN
    FOR item IN
        SELECT DISTINCT c.oid::regclass AS relation, a.attname AS column_name, a.attnum, c.oid::regclass::text COLLATE "C" AS title,
               h.is_nested, pg_has_role(c.relowner, 'USAGE') AS is_own
          FROM phone_crypt.types_of_values() AS h
          JOIN pg_attribute AS a ON a.atttypid = h.type AND a.attnum > 0 AND NOT a.attisdropped
          JOIN pg_class AS c ON c.oid = a.attrelid AND c.relkind IN ('r', 'm', 'f')
         WHERE NOT pg_is_other_temp_schema(c.relnamespace) AND c.relnamespace <> 'phone_crypt'::regnamespace
         ORDER BY title, a.attnum
    LOOP
        IF NOT item.is_own THEN
            of_others := of_others + 1;
        ELSIF item.is_nested THEN
            RAISE WARNING 'column % of table % is not counted: it holds values within a composite or a range',
                quote_ident(item.column_name), item.relation;
        ELSE
            BEGIN
                RETURN QUERY SELECT item.relation, item.column_name, k.key_id, k.hash_key_id, k.rows
                               FROM phone_crypt.count_column_keys(item.relation, item.column_name::text) AS k;
            EXCEPTION WHEN OTHERS THEN
                RAISE WARNING 'column % of table % cannot be counted: SQLSTATE %',
                    quote_ident(item.column_name), item.relation, SQLSTATE;
            END;
        END IF;
    END LOOP;
    RETURN QUERY SELECT 'phone_crypt.webhook_secrets'::regclass, 'secret'::name, w.key_id, NULL::text, w.rows
                   FROM phone_crypt.webhook_secret_keys() AS w;
    RETURN QUERY SELECT k.relation, k.column_name, k.key_id, k.hash_key_id, k.rows FROM phone_crypt.consent_keys() AS k;
    IF of_others > 0 THEN
        RAISE NOTICE 'not counted: % columns of tables of others', of_others;
    END IF;
END;
$$;
