-- One column of one of the data types under another hash key: a second column beside it, filled by a trigger and by batches,
-- with the same indexes and constraints. It takes the column's name together with those of all others: see
-- rotate_hash_key.sql.

-- The statements that add the column, and the trigger that names the two.
CREATE FUNCTION phone_crypt.prepare_rehash_sql(relation regclass, column_name text) RETURNS text[]
    LANGUAGE sql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT ARRAY[
        format('ALTER TABLE %s ADD COLUMN %I %s', relation, column_name || '_rehashed',
               phone_crypt.data_type_of(relation, column_name)),
        format('CREATE TRIGGER %I BEFORE UPDATE OF %I, %I ON %s FOR EACH ROW WHEN (false) '
               'EXECUTE FUNCTION phone_crypt.rehash_row(%L, %L)',
               phone_crypt.free_trigger_name(relation, 'zz_phone_crypt_hash_columns'), column_name,
               column_name || '_rehashed', relation, gen_random_uuid(), 'columns')]
$$;
COMMENT ON FUNCTION phone_crypt.prepare_rehash_sql(regclass, text) IS
    'the statements that begin to change the hash key of a column';

-- The statements that make the trigger that works, of a kind that no session can switch off.
CREATE FUNCTION phone_crypt.rehash_trigger_sql(rotation phone_crypt.conversions, key_id text) RETURNS text[]
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT ARRAY[
        format('CREATE TRIGGER %I BEFORE INSERT OR UPDATE ON %s FOR EACH ROW WHEN (%s) '
               'EXECUTE FUNCTION phone_crypt.rehash_row(%L, %L)',
               t.name, rotation.relation,
               -- Both columns stand in it, so that the trigger goes when one of them does.
               format('NEW.%I IS NOT NULL OR NEW.%I IS NOT NULL', rotation.plain_column, rotation.encrypted_column),
               rotation.id, key_id),
        format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %I', rotation.relation, t.name)]
      FROM (SELECT phone_crypt.free_trigger_name(rotation.relation, 'zz_phone_crypt_hash')) AS t (name)
$$;
COMMENT ON FUNCTION phone_crypt.rehash_trigger_sql(phone_crypt.conversions, text) IS
    'the statements that make the trigger of a change of the hash key';

-- The check that no value is without the same under the other key: from then on no write leaves it out.
CREATE FUNCTION phone_crypt.completeness_check(rotation phone_crypt.conversions, OUT name text, OUT is_valid boolean)
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT c.conname, c.convalidated FROM pg_constraint AS c
     WHERE c.conrelid = rotation.relation AND c.contype = 'c'
       AND c.conkey @> ARRAY[rotation.plain_number, rotation.encrypted_number]
       AND starts_with(pg_get_constraintdef(c.oid), format('CHECK (((%I IS NULL) = (%I IS NULL)))', rotation.plain_column,
                                                           rotation.encrypted_column))
     LIMIT 1
$$;
COMMENT ON FUNCTION phone_crypt.completeness_check(phone_crypt.conversions) IS
    'the check that a column and the same under another hash key are filled alike';

CREATE FUNCTION phone_crypt.missing_checks(rotation phone_crypt.conversions)
    RETURNS TABLE (name text, next_name text, definition text, is_made boolean)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT c.name, c.next_name, c.definition, n.oid IS NOT NULL
      FROM phone_crypt.carried_checks(rotation.relation, rotation.plain_number) AS c
      LEFT JOIN pg_constraint AS n ON n.conrelid = rotation.relation AND n.conname = c.next_name AND n.contype = 'c'
     WHERE n.oid IS NULL OR c.is_valid AND NOT n.convalidated;
END;
$$;
COMMENT ON FUNCTION phone_crypt.missing_checks(phone_crypt.conversions) IS
    'CHECK constraints of a column whose counterparts are not there, or not validated';

-- The statements that make them. The text of a CHECK names its columns, so for a moment, which nobody sees, the columns
-- have the names that they will have.
CREATE FUNCTION phone_crypt.rehash_checks_sql(rotation phone_crypt.conversions) RETURNS text[]
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    missing record;
    pair record;
    rename constant text := format('ALTER TABLE %s RENAME COLUMN %%I TO %%I', rotation.relation);
    there text[] := '{}';
    back text[] := '{}';
    statements text[] := '{}';
BEGIN
    IF (SELECT w.name FROM phone_crypt.completeness_check(rotation) AS w) IS NULL THEN
        statements := statements || format('ALTER TABLE %s ADD CONSTRAINT %I CHECK ((%I IS NULL) OPERATOR(pg_catalog.=) (%I IS NULL)) NOT VALID',
            rotation.relation, 'phone_crypt_rehash_' || rotation.encrypted_number, rotation.plain_column,
            rotation.encrypted_column);
    END IF;
    FOR pair IN SELECT r.column_name, r.next_column, 'phone_crypt_aside_' || r.column_number AS aside
                  FROM phone_crypt.hash_rotations AS r WHERE r.relation = rotation.relation LOOP
        there := there || format(rename, pair.column_name, pair.aside) || format(rename, pair.next_column, pair.column_name);
        back := back || format(rename, pair.column_name, pair.next_column) || format(rename, pair.aside, pair.column_name);
    END LOOP;
    FOR missing IN SELECT * FROM phone_crypt.missing_checks(rotation) AS m WHERE NOT m.is_made LOOP
        statements := statements || there
            || format('ALTER TABLE %s ADD CONSTRAINT %I %s NOT VALID', rotation.relation, missing.next_name, missing.definition)
            || back;
    END LOOP;
    RETURN statements;
END;
$$;
COMMENT ON FUNCTION phone_crypt.rehash_checks_sql(phone_crypt.conversions) IS
    'the statements that make the checks of a change of the hash key';

CREATE FUNCTION phone_crypt.validate_checks_sql(rotation phone_crypt.conversions) RETURNS text[]
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(array_agg(format('ALTER TABLE %s VALIDATE CONSTRAINT %I', rotation.relation, c.name)), '{}')
      FROM (SELECT w.name FROM phone_crypt.completeness_check(rotation) AS w WHERE NOT w.is_valid
            UNION ALL
            SELECT m.next_name FROM phone_crypt.missing_checks(rotation) AS m WHERE m.is_made) AS c (name)
$$;
COMMENT ON FUNCTION phone_crypt.validate_checks_sql(phone_crypt.conversions) IS
    'the statements that validate the checks of a change of the hash key';

-- The statements that give a change up.
CREATE FUNCTION phone_crypt.drop_rehash_sql(rotation phone_crypt.conversions) RETURNS text[]
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT array_remove(ARRAY[
        CASE WHEN rotation.trigger IS NOT NULL THEN format('DROP TRIGGER %I ON %s', rotation.trigger, rotation.relation) END,
        format('DROP TRIGGER %I ON %s', rotation.marker, rotation.relation),
        format('ALTER TABLE %s DROP COLUMN %I', rotation.relation, rotation.encrypted_column)], NULL)
$$;
COMMENT ON FUNCTION phone_crypt.drop_rehash_sql(phone_crypt.conversions) IS
    'the statements that give up a change of the hash key of a column';

-- Adds the column, with its indexes and the trigger. is_ready: false where the column waits for its indexes.
CREATE PROCEDURE phone_crypt.prepare_rehash(relation regclass, column_name text, key_id text, INOUT is_ready boolean)
    LANGUAGE plpgsql
AS $$
DECLARE
    rotation phone_crypt.conversions;
    statements pg_catalog.text[];
    failure pg_catalog.text;
BEGIN
    PERFORM phone_crypt.begin_batch();
    is_ready := true;
    IF (phone_crypt.hash_rotation(relation, column_name)).relation IS NULL THEN
        CALL phone_crypt.change_table(relation, phone_crypt.prepare_rehash_sql(relation, column_name), failure);
        PERFORM phone_crypt.begin_batch();
    END IF;
    rotation := phone_crypt.hash_rotation(relation, column_name);
    IF rotation.state OPERATOR(pg_catalog.<>) 'prepared' THEN
        RETURN;
    END IF;
    statements := phone_crypt.missing_indexes(rotation, false, false);
    IF pg_catalog.cardinality(statements) OPERATOR(pg_catalog.>) 0 THEN
        -- As phone_encrypt_column has it.
        IF pg_catalog.pg_relation_size(relation) OPERATOR(pg_catalog.>) 16777216 THEN
            RAISE NOTICE '%: make the indexes now, while the new column is empty, and CALL it again',
                phone_crypt.job_title('phone_rotate_hash_key', relation, column_name::pg_catalog.name)
                USING HINT = pg_catalog.format('SELECT phone_column_statements(%L, %L) \gexec', relation, column_name);
            is_ready := false;
            RETURN;
        END IF;
        CALL phone_crypt.change_table(relation, statements, failure);
    END IF;
    CALL phone_crypt.change_table(relation, phone_crypt.constraints_sql(rotation)
        OPERATOR(pg_catalog.||) phone_crypt.rehash_trigger_sql(rotation, key_id), failure);
END;
$$;
COMMENT ON PROCEDURE phone_crypt.prepare_rehash(regclass, text, text, boolean) IS
    'behind phone_rotate_hash_key: adds the column that is to take the place of another';

CREATE PROCEDURE phone_crypt.fill_rehash(relation regclass, column_name text, batch_size integer)
    LANGUAGE plpgsql
AS $$
DECLARE
    rotation phone_crypt.conversions;
    counts pg_catalog.jsonb;
    job bigint;
    failure pg_catalog.text;
BEGIN
    PERFORM phone_crypt.begin_batch();
    rotation := phone_crypt.hash_rotation(relation, column_name);
    PERFORM phone_crypt.check_trigger(rotation, phone_crypt.trigger_version(rotation));
    SELECT b.job, b.details INTO job, counts
      FROM phone_crypt.job_begin('phone_rotate_hash_key', relation, column_name::pg_catalog.name,
                                 phone_crypt.count_as_owner(relation, phone_crypt.unfilled(rotation))) AS b;
    COMMIT;
    CALL phone_crypt.work_through_pages('phone_rotate_hash_key', 'rehash', relation,
        rotation.encrypted_column::pg_catalog.text, rotation.plain_column::pg_catalog.text, 'text',
        phone_crypt.unfilled(rotation), false, batch_size, job, counts, failure);
    PERFORM phone_crypt.job_end(job, counts);
    COMMIT;
    PERFORM phone_crypt.begin_batch();
END;
$$;
COMMENT ON PROCEDURE phone_crypt.fill_rehash(regclass, text, integer) IS
    'behind phone_rotate_hash_key: fills the column that is to take the place of another';

-- Constraints, and a look at every row. verified: tells the trigger under which every row was compared.
CREATE PROCEDURE phone_crypt.verify_rehash(relation regclass, column_name text, key_id text, INOUT verified text)
    LANGUAGE plpgsql
AS $$
DECLARE
    rotation phone_crypt.conversions;
    number bigint;
    failure pg_catalog.text;
BEGIN
    PERFORM phone_crypt.begin_batch();
    rotation := phone_crypt.hash_rotation(relation, column_name);
    CALL phone_crypt.make_impassable(rotation, false);
    CALL phone_crypt.change_table(relation, phone_crypt.not_null_sql(rotation)
        OPERATOR(pg_catalog.||) phone_crypt.rehash_checks_sql(rotation), failure);
    CALL phone_crypt.change_table(relation, phone_crypt.validate_checks_sql(rotation), failure);
    verified := phone_crypt.trigger_version(rotation);
    number := phone_crypt.rehash_differing(relation, column_name, rotation.encrypted_column::pg_catalog.text, key_id);
    IF number OPERATOR(pg_catalog.>) 0 THEN
        RAISE EXCEPTION '% rows of table % have something else under the new hash key', number, relation
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = pg_catalog.format('They were written past the trigger. UPDATE them SET %I = NULL and CALL it again.',
                                           rotation.encrypted_column);
    END IF;
    number := phone_crypt.count_as_owner(relation, phone_crypt.not_under_hash_keys(relation,
        rotation.encrypted_column::pg_catalog.text, ARRAY[key_id]));
    IF number OPERATOR(pg_catalog.>) 0 THEN
        RAISE WARNING '% values of table % are left as they are', number, relation
            USING HINT = 'They are not authentic: phone_verify() or email_verify() of the column is false for them.';
    END IF;
    COMMIT;
    PERFORM phone_crypt.begin_batch();
END;
$$;
COMMENT ON PROCEDURE phone_crypt.verify_rehash(regclass, text, text, text) IS
    'behind phone_rotate_hash_key: compares the two columns';

-- Under the lock: the new column takes the name of the old one, which goes.
CREATE FUNCTION phone_crypt.swap_rehashed(relation regclass, column_name text, verified text) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    rotation phone_crypt.conversions := phone_crypt.hash_rotation(relation, column_name);
    is_not_null boolean;
    not_null_name text;
    label text;
    statement text;
    statements text[];
BEGIN
    PERFORM phone_crypt.check_trigger(rotation, CASE rotation.state WHEN 'filling' THEN verified END);
    PERFORM phone_crypt.check_rehash_obstacles(relation, rotation.plain_number);
    SELECT a.attnotnull INTO is_not_null FROM pg_attribute AS a
     WHERE a.attrelid = relation AND a.attnum = rotation.plain_number;
    IF (SELECT c.is_valid FROM phone_crypt.completeness_check(rotation) AS c) IS NOT TRUE
       OR is_not_null AND (SELECT c.is_valid FROM phone_crypt.not_null_check(rotation) AS c) IS NOT TRUE
       OR EXISTS (SELECT FROM phone_crypt.missing_checks(rotation))
    THEN
        RAISE EXCEPTION 'constraints of column % of table % have changed meanwhile', quote_ident(column_name), relation
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'CALL it again.';
    END IF;
    PERFORM phone_crypt.swap_indexes(rotation, false);
    statements := phone_crypt.carried_sql(relation, rotation.plain_column, rotation.encrypted_column);
    SELECT l.label INTO label FROM pg_seclabel AS l
     WHERE l.classoid = 'pg_class'::regclass AND l.objoid = relation AND l.objsubid = rotation.plain_number
       AND l.provider = 'phone_crypt';
    IF FOUND THEN
        statements := statements || format('SECURITY LABEL FOR phone_crypt ON COLUMN %s.%I IS %L', relation,
                                           rotation.encrypted_column, label);
    END IF;
    IF is_not_null THEN
        statements := statements || phone_crypt.not_null_by_check_sql(rotation);
        not_null_name := phone_crypt.not_null_name(relation, rotation.plain_number);
    END IF;
    statements := statements
        || format('ALTER TABLE %s DROP CONSTRAINT %I', relation,
                  (SELECT c.name FROM phone_crypt.completeness_check(rotation) AS c))
        || ARRAY(SELECT unnest(ARRAY[
                     format('ALTER TABLE %s DROP CONSTRAINT %I', relation, c.name),
                     format('ALTER TABLE %s RENAME CONSTRAINT %I TO %I', relation, c.next_name, c.name)]
                     || CASE WHEN d.remark IS NULL THEN ARRAY[]::text[]
                        ELSE ARRAY[format('COMMENT ON CONSTRAINT %I ON %s IS %L', c.name, relation, d.remark)] END)
                   FROM phone_crypt.carried_checks(relation, rotation.plain_number) AS c
                  CROSS JOIN LATERAL obj_description(c.constraint_oid, 'pg_constraint') AS d (remark))
        || format('DROP TRIGGER %I ON %s', rotation.trigger, relation)
        || format('DROP TRIGGER %I ON %s', rotation.marker, relation)
        || format('ALTER TABLE %s DROP COLUMN %I', relation, rotation.plain_column)
        || format('ALTER TABLE %s RENAME COLUMN %I TO %I', relation, rotation.encrypted_column, column_name);
    FOREACH statement IN ARRAY statements LOOP
        PERFORM phone_crypt.run_as_owner(relation, statement);
    END LOOP;
    PERFORM phone_crypt.name_not_null(relation, rotation.encrypted_number, not_null_name);
END;
$$;
COMMENT ON FUNCTION phone_crypt.swap_rehashed(regclass, text, text) IS
    'behind phone_rotate_hash_key: a column under the new hash key takes the name of the old one';
