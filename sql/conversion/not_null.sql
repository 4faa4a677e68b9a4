-- NOT NULL, which no statement may read the whole table for under the lock of the swap.

-- Where a trigger fills the new column, a check stands for it before the swap; where batches alone do, after it.

-- The constraint that stands for NOT NULL until the swap, and whether it has been validated.
CREATE FUNCTION phone_crypt.not_null_check(conversion phone_crypt.conversions, OUT name text, OUT is_valid boolean)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    SELECT c.conname, c.convalidated INTO name, is_valid FROM pg_constraint AS c
     WHERE c.conrelid = conversion.relation AND c.contype = 'c' AND c.conkey = ARRAY[conversion.encrypted_number]
       AND starts_with(pg_get_constraintdef(c.oid), format('CHECK ((%I IS NOT NULL))', conversion.encrypted_column))
     LIMIT 1;
END;
$$;
COMMENT ON FUNCTION phone_crypt.not_null_check(phone_crypt.conversions) IS
    'the check that stands for NOT NULL on the encrypted column of a conversion';

CREATE FUNCTION phone_crypt.not_null_sql(conversion phone_crypt.conversions) RETURNS text[]
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    found record;
    statements text[] := '{}';
    name text;
BEGIN
    IF NOT (SELECT a.attnotnull FROM pg_attribute AS a
             WHERE a.attrelid = conversion.relation AND a.attnum = conversion.plain_number) THEN
        RETURN statements;
    END IF;
    SELECT * INTO found FROM phone_crypt.not_null_check(conversion);
    name := coalesce(found.name, conversion.encrypted_column || '_' || conversion.encrypted_number);
    IF found.name IS NULL THEN
        statements := statements || format('ALTER TABLE %s ADD CONSTRAINT %I CHECK (%I IS NOT NULL) NOT VALID',
                                           conversion.relation, name, conversion.encrypted_column);
    END IF;
    IF found.is_valid IS NOT TRUE THEN
        statements := statements || format('ALTER TABLE %s VALIDATE CONSTRAINT %I', conversion.relation, name);
    END IF;
    RETURN statements;
END;
$$;
COMMENT ON FUNCTION phone_crypt.not_null_sql(phone_crypt.conversions) IS
    'the statements that see to NOT NULL before the swap, so that it need not read the table';

-- The statements of a swap, under its lock: the check makes SET NOT NULL read no row.
CREATE FUNCTION phone_crypt.not_null_by_check_sql(conversion phone_crypt.conversions) RETURNS text[]
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN ARRAY[
        format('ALTER TABLE %s ALTER COLUMN %I SET NOT NULL', conversion.relation, conversion.encrypted_column),
        format('ALTER TABLE %s DROP CONSTRAINT %I', conversion.relation,
               (SELECT c.name FROM phone_crypt.not_null_check(conversion) AS c))];
END;
$$;
COMMENT ON FUNCTION phone_crypt.not_null_by_check_sql(phone_crypt.conversions) IS
    'the statements of a swap that see to NOT NULL where a check has stood for it';

CREATE FUNCTION phone_crypt.not_null_name(relation regclass, number smallint) RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN (SELECT c.conname FROM pg_constraint AS c
             WHERE c.conrelid = relation AND c.contype = 'n' AND c.conkey = ARRAY[number]);
END;
$$;
COMMENT ON FUNCTION phone_crypt.not_null_name(regclass, smallint) IS
    'the name of a column''s NOT NULL: PostgreSQL 18 and later have one';

-- After the statements of a swap: the column is NOT NULL under the name that the one had whose place it takes.
CREATE FUNCTION phone_crypt.name_not_null(relation regclass, number smallint, name text) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF name IS NOT NULL THEN
        PERFORM phone_crypt.run_as_owner(relation, format('ALTER TABLE %s RENAME CONSTRAINT %I TO %I', relation,
                                                          phone_crypt.not_null_name(relation, number), name));
    END IF;
END;
$$;
COMMENT ON FUNCTION phone_crypt.name_not_null(regclass, smallint, text) IS
    'gives a column''s NOT NULL a name, if there is one to give';

-- The check that stands for NOT NULL from the swap on.
CREATE FUNCTION phone_crypt.late_check_name(number smallint) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'phone_crypt_not_null_' || number
$$;
COMMENT ON FUNCTION phone_crypt.late_check_name(smallint) IS
    'the name of the check that stands for NOT NULL of a column that batches have filled';

-- The statements under the lock: new rows are held to it at once; the others are looked at afterwards. PostgreSQL 18 and later
-- know NOT NULL by a name, which the check's comment keeps.
CREATE FUNCTION phone_crypt.not_null_later_sql(
    relation regclass, is_not_null boolean, from_column text, to_column text, to_number smallint
) RETURNS text[]
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN is_not_null THEN ARRAY[
        format('ALTER TABLE %s ADD CONSTRAINT %I CHECK (%I IS NOT NULL) NOT VALID', relation,
               phone_crypt.late_check_name(to_number), to_column),
        format('COMMENT ON CONSTRAINT %I ON %s IS %L', phone_crypt.late_check_name(to_number), relation,
               (SELECT phone_crypt.not_null_name(relation, a.attnum) FROM pg_attribute AS a
                 WHERE a.attrelid = relation AND a.attname = from_column)),
        format('ALTER TABLE %s ALTER COLUMN %I DROP NOT NULL', relation, from_column)]
    ELSE '{}' END
$$;
COMMENT ON FUNCTION phone_crypt.not_null_later_sql(regclass, boolean, text, text, smallint) IS
    'the statements of a swap that see to NOT NULL where no check has stood for it';

CREATE FUNCTION phone_crypt.has_late_check(relation regclass, column_name text) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT EXISTS (SELECT FROM pg_constraint AS c JOIN pg_attribute AS a
                       ON a.attrelid = c.conrelid AND c.conkey = ARRAY[a.attnum]
                    WHERE c.conrelid = relation AND a.attname = column_name
                      AND c.conname = phone_crypt.late_check_name(a.attnum))
$$;
COMMENT ON FUNCTION phone_crypt.has_late_check(regclass, text) IS
    'whether a column that batches have filled is not NOT NULL again yet';

CREATE PROCEDURE phone_crypt.not_null_again(relation regclass, column_name text)
    LANGUAGE plpgsql
AS $$
DECLARE
    name pg_catalog.text;
    not_null_name pg_catalog.text;
    failure pg_catalog.text;
BEGIN
    COMMIT;
    PERFORM phone_crypt.begin_batch();
    SELECT c.conname, pg_catalog.obj_description(c.oid, 'pg_constraint') INTO name, not_null_name FROM pg_catalog.pg_constraint AS c JOIN pg_catalog.pg_attribute AS a
        ON a.attrelid OPERATOR(pg_catalog.=) c.conrelid AND c.conkey OPERATOR(pg_catalog.=) ARRAY[a.attnum]
     WHERE c.conrelid OPERATOR(pg_catalog.=) relation AND a.attname OPERATOR(pg_catalog.=) column_name::pg_catalog.name
       AND c.conname OPERATOR(pg_catalog.=) phone_crypt.late_check_name(a.attnum)::pg_catalog.name;
    IF EXISTS (SELECT FROM pg_catalog.pg_constraint AS c
                WHERE c.conrelid OPERATOR(pg_catalog.=) relation
                  AND c.conname OPERATOR(pg_catalog.=) not_null_name::pg_catalog.name) THEN
        not_null_name := NULL;
    END IF;
    IF name IS NOT NULL THEN
        CALL phone_crypt.change_table(relation, ARRAY[
            pg_catalog.format('ALTER TABLE %s VALIDATE CONSTRAINT %I', relation, name)], failure);
        CALL phone_crypt.change_table(relation, ARRAY[
            CASE WHEN not_null_name IS NULL
                 THEN pg_catalog.format('ALTER TABLE %s ALTER COLUMN %I SET NOT NULL', relation, column_name)
                 ELSE pg_catalog.format('ALTER TABLE %s ADD CONSTRAINT %I NOT NULL %I', relation, not_null_name, column_name)
            END,
            pg_catalog.format('ALTER TABLE %s DROP CONSTRAINT %I', relation, name)], failure);
    END IF;
END;
$$;
COMMENT ON PROCEDURE phone_crypt.not_null_again(regclass, text) IS
    'behind phone_encrypt_column and phone_decrypt_column: NOT NULL as before';

