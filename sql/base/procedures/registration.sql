-- Checks and SQL for columns that are registered, or are about to be.

-- Refuses what is no batch size.
CREATE FUNCTION phone_crypt.check_batch_size(batch_size integer) RETURNS void
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF batch_size IS NULL THEN
        RAISE EXCEPTION 'batch_size must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    ELSIF batch_size NOT BETWEEN 1 AND 100000 THEN
        RAISE EXCEPTION 'batch_size must be between 1 and 100000' USING ERRCODE = 'invalid_parameter_value';
    END IF;
END;
$$;
COMMENT ON FUNCTION phone_crypt.check_batch_size(integer) IS
    '22004 or 22023 for what is no batch size';

-- A column's type, or NULL where there is no such column.
CREATE FUNCTION phone_crypt.column_type(relation regclass, column_name text) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT format_type(a.atttypid, a.atttypmod) FROM pg_attribute AS a
     WHERE a.attrelid = relation AND a.attname = column_name AND a.attnum > 0 AND NOT a.attisdropped
$$;
COMMENT ON FUNCTION phone_crypt.column_type(regclass, text) IS
    'the type of a column; NULL where there is none';

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

-- Whether a relation is a table, and these are columns of it of a type of text: reading them runs nobody's code. The
-- table stays so until the end of the transaction.
CREATE FUNCTION phone_crypt.are_text_columns(relation regclass, columns text[]) RETURNS boolean
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    kind "char" := (SELECT c.relkind FROM pg_class AS c WHERE c.oid = relation);
BEGIN
    IF kind IS NULL OR kind NOT IN ('r', 'p') THEN
        RETURN false;
    END IF;
    EXECUTE format('LOCK TABLE %s IN ACCESS SHARE MODE', relation);
    RETURN cardinality(columns) = (
        SELECT count(*) FROM pg_attribute AS a, phone_crypt.base_type(a.atttypid, a.atttypmod) AS t
         WHERE a.attrelid = relation AND a.attname = ANY (columns) AND a.attnum > 0 AND NOT a.attisdropped
           AND a.attgenerated = '' AND t.base IN ('text'::regtype, 'varchar'::regtype, 'bpchar'::regtype));
END;
$$;
COMMENT ON FUNCTION phone_crypt.are_text_columns(regclass, text[]) IS
    'whether these are columns of text of a table, which is locked against other changes';

-- A row that others go by has to be about columns of text of a table: phone_forget and phone_rotate_all would fail for
-- everybody otherwise.
CREATE FUNCTION phone_crypt.check_columns_row() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    names text[] := ARRAY[NEW.encrypted_column, NEW.hash_column];
BEGIN
    IF NEW.raw_column IS NOT NULL THEN
        names := names || NEW.raw_column;
    END IF;
    IF NEW.next_hash_column IS NOT NULL THEN
        names := names || NEW.next_hash_column;
    END IF;
    IF NEW.has_plaintext THEN
        names := names || NEW.column_name;
    END IF;
    IF NOT phone_crypt.are_text_columns(NEW.relation, names) THEN
        RAISE EXCEPTION 'registered columns must be columns of text of a table'
            USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    RETURN NEW;
END;
$$;
COMMENT ON FUNCTION phone_crypt.check_columns_row() IS
    'refuses registrations of what is no column of text of a table';
REVOKE EXECUTE ON FUNCTION phone_crypt.check_columns_row() FROM PUBLIC;
CREATE TRIGGER check_columns_row BEFORE INSERT OR UPDATE ON phone_crypt.columns
    FOR EACH ROW EXECUTE FUNCTION phone_crypt.check_columns_row();

-- Refuses a column that is not of a type of text, is generated, or holds fewer characters than needed. NULL
-- characters: as many as a text has.
CREATE FUNCTION phone_crypt.check_text_column(relation regclass, column_name text, characters integer) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    attribute record;
    width integer;
BEGIN
    SELECT a.attgenerated, t.base, t.base_modifier AS modifier
      INTO attribute
      FROM pg_attribute AS a, phone_crypt.base_type(a.atttypid, a.atttypmod) AS t
     WHERE a.attrelid = relation AND a.attname = column_name AND a.attnum > 0 AND NOT a.attisdropped;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'table % has no column %', relation, quote_ident(column_name)
            USING ERRCODE = 'undefined_column';
    ELSIF attribute.base NOT IN ('text'::regtype, 'varchar'::regtype, 'bpchar'::regtype) THEN
        RAISE EXCEPTION 'column % is not of type text or varchar', quote_ident(column_name)
            USING ERRCODE = 'datatype_mismatch';
    ELSIF attribute.attgenerated <> '' THEN
        RAISE EXCEPTION 'column % is generated', quote_ident(column_name)
            USING ERRCODE = 'generated_always';
    END IF;
    width := attribute.modifier - 4;
    IF width > 0 AND (characters IS NULL OR width < characters) THEN
        RAISE EXCEPTION 'column % holds % characters, and % are needed', quote_ident(column_name), width,
            coalesce(characters::text, 'any number of them') USING ERRCODE = 'invalid_parameter_value';
    END IF;
END;
$$;
COMMENT ON FUNCTION phone_crypt.check_text_column(regclass, text, integer) IS
    'refuses a column that cannot hold texts of so many characters';

-- The name of the trigger of a registered column. Triggers fire in the order of their names; ours is to see what
-- the application's have made of the row.
CREATE FUNCTION phone_crypt.trigger_name(column_name text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN octet_length('zz_phone_crypt_' || column_name) < 64 THEN 'zz_phone_crypt_' || column_name
                ELSE 'zz_phone_crypt_' || md5(column_name) END
$$;
COMMENT ON FUNCTION phone_crypt.trigger_name(text) IS
    'the name of the trigger of a registered column';

-- A table that was restored without its registration has the trigger already.
CREATE FUNCTION phone_crypt.trigger_sql(relation regclass, column_name text) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT format('CREATE OR REPLACE TRIGGER %I BEFORE INSERT OR UPDATE ON %s FOR EACH ROW EXECUTE FUNCTION phone_crypt.keep_column(%L)',
                  phone_crypt.trigger_name(column_name), relation, column_name)
$$;
COMMENT ON FUNCTION phone_crypt.trigger_sql(regclass, text) IS
    'the statement that makes the trigger of a registered column';

-- The indexes that a column `to_column` is to have because `from_column` has them: the same columns, with the one
-- in place of the other, and only rows that have a value. At least one on the column alone, for look-ups.
-- Those that are there already are left out.
CREATE FUNCTION phone_crypt.index_sql(
    relation regclass, from_column text, to_column text, is_concurrent boolean
) RETURNS text[]
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    WITH source AS (
        SELECT i.indisunique AS is_unique,
               (SELECT string_agg(quote_ident(CASE WHEN a.attname = from_column THEN to_column ELSE a.attname END), ', '
                                  ORDER BY k.place)
                  FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k (number, place)
                  JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.number
                 WHERE k.place <= i.indnkeyatts) AS columns
          FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid JOIN pg_am AS m ON m.oid = c.relam
         WHERE i.indrelid = relation AND m.amname = 'btree' AND i.indisvalid AND i.indexprs IS NULL
           AND i.indisunique
           AND (i.indpred IS NULL OR pg_get_expr(i.indpred, i.indrelid) = format('(%I IS NOT NULL)', from_column))
           AND (SELECT a.attnum FROM pg_attribute AS a WHERE a.attrelid = relation AND a.attname = from_column)
               = ANY ((i.indkey::int2[])[0:i.indnkeyatts - 1])
    ), wanted AS (
        SELECT DISTINCT columns, true AS is_unique FROM source
        UNION ALL
        SELECT quote_ident(to_column), false
         WHERE NOT EXISTS (SELECT FROM source WHERE columns = quote_ident(to_column))
    )
    SELECT coalesce(array_agg(format('CREATE %s %s ON %s (%s) WHERE %I IS NOT NULL',
                            CASE WHEN is_unique THEN 'UNIQUE INDEX' ELSE 'INDEX' END,
                            CASE WHEN is_concurrent THEN 'CONCURRENTLY' ELSE '' END,
                            relation, columns, to_column)
                     ORDER BY is_unique DESC, columns COLLATE "C"), '{}')
      FROM wanted AS w
     WHERE NOT EXISTS (
        SELECT FROM pg_index AS i
         WHERE i.indrelid = relation AND i.indisvalid AND i.indisunique = w.is_unique AND w.columns =
               (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY k.place)
                  FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k (number, place)
                  JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.number
                 WHERE k.place <= i.indnkeyatts))
$$;
COMMENT ON FUNCTION phone_crypt.index_sql(regclass, text, text, boolean) IS
    'the statements that make the indexes of a hash column, after those of the column it stands for';

-- The registration, or 55000.
CREATE FUNCTION phone_crypt.registered(relation regclass, column_name text) RETURNS phone_crypt.columns
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    registration phone_crypt.columns;
BEGIN
    IF registered.relation IS NULL OR registered.column_name IS NULL THEN
        RAISE EXCEPTION 'table and column must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    SELECT * INTO registration FROM phone_crypt.columns AS c
     WHERE c.relation = registered.relation AND c.column_name = registered.column_name;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'column % of table % is not registered as encrypted', quote_ident(registered.column_name),
            registered.relation
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = 'phone_crypt.columns lists what is; phone_add_encrypted_column() registers a column.';
    END IF;
    RETURN registration;
END;
$$;
COMMENT ON FUNCTION phone_crypt.registered(regclass, text) IS
    'the registration of a column; 55000 where there is none';

-- Pins a database that is not pinned yet: from now on it holds data that another key could not read.
CREATE FUNCTION phone_crypt.pin_if_not_pinned() RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM phone_crypt.keys) THEN
        PERFORM @extschema@.phone_crypt_pin_keys();
        RAISE NOTICE 'this database is now pinned to its keys: see phone_crypt.keys';
    END IF;
    PERFORM phone_crypt.check_keys();
END;
$$;
COMMENT ON FUNCTION phone_crypt.pin_if_not_pinned() IS
    'pins the keys unless they are, and refuses others';
