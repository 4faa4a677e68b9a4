-- The end of a conversion: under a lock that lasts as long as these statements, none of which reads the table.

CREATE FUNCTION phone_crypt.is_encrypted_column(relation regclass, column_name text) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT EXISTS (SELECT FROM phone_crypt.encrypted_columns AS c
                    WHERE c.relation = is_encrypted_column.relation
                      AND c.column_name = is_encrypted_column.column_name)
$$;
COMMENT ON FUNCTION phone_crypt.is_encrypted_column(regclass, text) IS
    'whether a column is of the data type';

-- What is another text once somebody has switched the trigger off, and on again.
CREATE FUNCTION phone_crypt.trigger_version(conversion phone_crypt.conversions) RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN (
    SELECT string_agg(concat_ws(' ', t.oid, t.xmin, t.tgenabled), ',' ORDER BY t.oid)
      FROM unnest(phone_crypt.tree(conversion.relation)) AS r (part)
      -- Partitions have copies: NULL where one is missing.
      LEFT JOIN pg_trigger AS t ON t.tgrelid = r.part AND t.tgattr[0] IS NULL AND t.tgenabled = 'A'
       AND t.tgfoid IN ('phone_crypt.convert_row()'::regprocedure, 'phone_crypt.rehash_row()'::regprocedure)
       AND phone_crypt.trigger_argument(t.tgargs, 1) = conversion.id
    HAVING bool_and(t.oid IS NOT NULL));
END;
$$;
COMMENT ON FUNCTION phone_crypt.trigger_version(phone_crypt.conversions) IS
    'tells whether the trigger of a conversion has been altered; NULL where it does not fire';

CREATE FUNCTION phone_crypt.check_trigger(conversion phone_crypt.conversions, verified text) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF verified IS NULL OR phone_crypt.trigger_version(conversion) IS DISTINCT FROM verified THEN
        RAISE EXCEPTION 'the trigger of the conversion of table % does not fire, or was altered meanwhile',
            conversion.relation
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %I; and CALL it again: it looks at every row again.',
                                conversion.relation, conversion.trigger);
    END IF;
END;
$$;
COMMENT ON FUNCTION phone_crypt.check_trigger(phone_crypt.conversions, text) IS
    '55000 where the trigger of a conversion is not what it was';

-- The new indexes take the names of the old ones, which go.
CREATE FUNCTION phone_crypt.swap_indexes(conversion phone_crypt.conversions, back boolean) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    column_name text := CASE WHEN back THEN conversion.encrypted_column ELSE conversion.plain_column END;
    pair record;
    name text;
    remark text;
    statements text[];
    statement text;
BEGIN
    PERFORM phone_crypt.check_none_passable(conversion, back);
    FOR pair IN SELECT * FROM phone_crypt.index_pairs(conversion, back) LOOP
        IF pair.counterpart IS NULL THEN
            RAISE EXCEPTION 'an index of column % has no counterpart on the other column', quote_ident(column_name)
                USING ERRCODE = 'object_not_in_prerequisite_state',
                      HINT = format('It was made meanwhile. SELECT phone_column_statements(%L, %L) \gexec, and CALL it again.',
                                    conversion.relation, column_name);
        END IF;
        name := (SELECT c.relname FROM pg_class AS c WHERE c.oid = pair.index);
        remark := coalesce(obj_description(pair.constraint_oid, 'pg_constraint'),
                           obj_description(pair.index, 'pg_class'));
        IF pair.counterpart_constraint IS NOT NULL
           AND (NOT back OR phone_crypt.is_partitioned(conversion.relation)) THEN
            PERFORM phone_crypt.make_immediate(conversion.relation, pair.counterpart_constraint,
                                               pair.constraint_oid IS NOT NULL);
            IF pair.constraint_oid IS NULL THEN
                pair.counterpart_constraint := NULL;
            END IF;
        END IF;
        statements := ARRAY[
            CASE WHEN pair.constraint_oid IS NULL THEN format('DROP INDEX %s', pair.index::regclass)
                 ELSE format('ALTER TABLE %s DROP CONSTRAINT %I', conversion.relation,
                             (SELECT c.conname FROM pg_constraint AS c WHERE c.oid = pair.constraint_oid)) END,
            CASE WHEN pair.counterpart_constraint IS NULL
                 THEN format('ALTER INDEX %s RENAME TO %I', pair.counterpart::regclass, name)
                 ELSE format('ALTER TABLE %s RENAME CONSTRAINT %I TO %I', conversion.relation,
                             (SELECT c.conname FROM pg_constraint AS c WHERE c.oid = pair.counterpart_constraint), name) END];
        IF pair.constraint_oid IS NOT NULL AND pair.counterpart_constraint IS NULL THEN
            statements := statements || format('ALTER TABLE %s ADD CONSTRAINT %I UNIQUE USING INDEX %2$I',
                                               conversion.relation, name);
        END IF;
        FOREACH statement IN ARRAY statements LOOP
            PERFORM phone_crypt.run_as_owner(conversion.relation, statement);
        END LOOP;
        IF remark IS NOT NULL THEN
            -- The index by its new name.
            PERFORM phone_crypt.run_as_owner(conversion.relation, CASE
                WHEN pair.counterpart_constraint IS NULL AND pair.constraint_oid IS NULL
                THEN format('COMMENT ON INDEX %s IS %L', pair.counterpart::regclass, remark)
                ELSE format('COMMENT ON CONSTRAINT %I ON %s IS %L', name, conversion.relation, remark) END);
        END IF;
    END LOOP;
END;
$$;
COMMENT ON FUNCTION phone_crypt.swap_indexes(phone_crypt.conversions, boolean) IS
    'behind phone_encrypt_column and phone_decrypt_column: indexes change names';

-- Privileges on a column, its comment and its statistics target, as statements for another column.
CREATE FUNCTION phone_crypt.carried_sql(relation regclass, from_column text, to_column text) RETURNS text[]
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN (
    WITH own AS (
        SELECT a.* FROM unnest(phone_crypt.tree(relation)) AS t (part)
          JOIN pg_attribute AS a ON a.attrelid = t.part AND a.attname = from_column
    )
    SELECT coalesce(array_agg(s.statement), '{}')
      FROM (SELECT format('GRANT %s (%I) ON %s TO %s%s', g.privilege_type, to_column, a.attrelid::regclass,
                          CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE g.grantee::regrole::text END,
                          CASE WHEN g.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END) AS statement
              FROM own AS a, aclexplode(a.attacl) AS g
            UNION ALL
            SELECT format('COMMENT ON COLUMN %s.%I IS %L', a.attrelid::regclass, to_column, d.remark)
              FROM own AS a, col_description(a.attrelid, a.attnum) AS d (remark) WHERE d.remark IS NOT NULL
            UNION ALL
            SELECT format('ALTER TABLE ONLY %s ALTER COLUMN %I SET STATISTICS %s', a.attrelid::regclass, to_column,
                          a.attstattarget)
              FROM own AS a WHERE a.attstattarget >= 0) AS s);
END;
$$;
COMMENT ON FUNCTION phone_crypt.carried_sql(regclass, text, text) IS
    'the statements that carry over what belongs to a column itself';

-- A transaction that sees the table as it was before the rows were filled would find no numbers under the column's name.
CREATE FUNCTION phone_crypt.has_older_snapshots(since xid) RETURNS boolean
    LANGUAGE sql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT EXISTS (SELECT FROM pg_stat_activity AS a
                    WHERE a.datname = current_database() AND a.pid <> pg_backend_pid()
                      -- VACUUM, by hand or not, reads no rows for anybody.
                      AND NOT EXISTS (SELECT FROM pg_stat_progress_vacuum AS v WHERE v.pid = a.pid)
                      AND age(a.backend_xmin) > age(since))
$$;
COMMENT ON FUNCTION phone_crypt.has_older_snapshots(xid) IS
    'whether a session of this database still sees rows as they were before a transaction';

-- What others look at now does not show them what this transaction does. Statements that wait for it look again.
CREATE FUNCTION phone_crypt.has_other_snapshots() RETURNS boolean
    LANGUAGE sql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT EXISTS (SELECT FROM pg_stat_activity AS a
                    WHERE a.datname = current_database() AND a.pid <> pg_backend_pid()
                      -- VACUUM, by hand or not, reads no rows for anybody.
                      AND NOT EXISTS (SELECT FROM pg_stat_progress_vacuum AS v WHERE v.pid = a.pid) AND a.backend_xmin IS NOT NULL
                      AND pg_backend_pid() <> ALL (pg_blocking_pids(a.pid)))
$$;
COMMENT ON FUNCTION phone_crypt.has_other_snapshots() IS
    'whether a session of this database looks at rows as they are without this transaction';

-- Under the lock of the swap: the rows that were written a moment ago.
CREATE FUNCTION phone_crypt.finish_rows(conversion phone_crypt.conversions, work text, pending text, path text) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    batch record;
    leaf regclass;
    changed bigint := 0;
    state text;
    message text;
    hint text;
BEGIN
    IF phone_crypt.pending_index(conversion) IS NULL THEN
        RAISE EXCEPTION 'the index of the rows of table % that are left was dropped meanwhile', conversion.relation
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'CALL it again.';
    END IF;
    FOREACH leaf IN ARRAY phone_crypt.leaves(conversion.relation) LOOP
        BEGIN
            SELECT * INTO batch FROM phone_crypt.page_batch(work, leaf, conversion.encrypted_column, conversion.plain_column,
                                                            conversion.source, pending, 0, NULL, false, path);
        EXCEPTION
            WHEN lock_not_available OR deadlock_detected THEN
                RAISE;
            WHEN OTHERS THEN
                GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, hint = PG_EXCEPTION_HINT;
        END;
        IF state IS NOT NULL THEN
            PERFORM phone_crypt.batch_failed('the swap', leaf, state, message, hint);
        END IF;
        changed := changed + batch.changed;
        IF batch.unreadable > 0 THEN
            RAISE EXCEPTION '% values of table % cannot be read', batch.unreadable, leaf
                USING ERRCODE = 'data_exception', HINT = 'They were written a moment ago: CALL it again.';
        END IF;
    END LOOP;
    IF changed > 0 AND phone_crypt.has_other_snapshots() THEN
        -- As where the lock is not granted: whoever calls this tries again.
        RAISE EXCEPTION 'transactions are open that would not see the last rows of table %', conversion.relation
            USING ERRCODE = 'lock_not_available';
    ELSIF phone_crypt.count_as_owner(conversion.relation, pending) > 0 THEN
        RAISE EXCEPTION 'a trigger of table % keeps rows as they are', conversion.relation
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Switch it off, and CALL it again.';
    END IF;
END;
$$;
COMMENT ON FUNCTION phone_crypt.finish_rows(phone_crypt.conversions, text, text, text) IS
    'behind phone_encrypt_column and phone_decrypt_column: the rows that were written a moment ago';

-- Asks everything once that is asked under the lock, in the same session: its plans are made then, and stay. (What is not
-- PL/pgSQL has none.)
CREATE FUNCTION phone_crypt.rehearse_swap(relation regclass, column_name text, back boolean) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    conversion phone_crypt.conversions := phone_crypt.conversion(relation, column_name);
    from_column text := CASE WHEN back THEN conversion.encrypted_column ELSE conversion.plain_column END;
    to_column text := CASE WHEN back THEN conversion.plain_column ELSE conversion.encrypted_column END;
BEGIN
    PERFORM phone_crypt.check_trigger(conversion, phone_crypt.trigger_version(conversion));
    PERFORM phone_crypt.check_obstacles_of_all(relation, from_column, false);
    PERFORM phone_crypt.index_pairs(conversion, back);
    PERFORM phone_crypt.check_none_passable(conversion, back);
    PERFORM phone_crypt.not_null_check(conversion);
    PERFORM phone_crypt.carried_sql(relation, from_column, to_column);
    PERFORM phone_crypt.sync_trigger_sql(conversion, 'clear');
END;
$$;
COMMENT ON FUNCTION phone_crypt.rehearse_swap(regclass, text, boolean) IS
    'asks what is asked under the lock of a swap, so that its plans are made before';

-- path: as for phone_crypt.page_batch().
CREATE FUNCTION phone_crypt.swap_columns(relation regclass, column_name text, verified text, path text) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    conversion phone_crypt.conversions := phone_crypt.conversion(relation, column_name);
    is_not_null boolean;
    -- Of plain text, which a trigger encrypts: no row is left over.
    is_filled boolean := conversion.source = 'text';
    pending_index regclass;
    clearing text;
    not_null_name text;
    statement text;
    statements text[];
BEGIN
    PERFORM phone_crypt.check_trigger(conversion, CASE conversion.state WHEN 'filling' THEN verified END);
    PERFORM phone_crypt.check_obstacles_of_all(relation, conversion.plain_column, true);
    SELECT a.attnotnull INTO is_not_null FROM pg_attribute AS a
     WHERE a.attrelid = relation AND a.attnum = conversion.plain_number;
    IF NOT is_filled THEN
        PERFORM phone_crypt.finish_rows(conversion, conversion.work, phone_crypt.unfilled(conversion), path);
        pending_index := phone_crypt.pending_index(conversion);
    ELSIF is_not_null AND (SELECT c.is_valid FROM phone_crypt.not_null_check(conversion) AS c) IS NOT TRUE THEN
        RAISE EXCEPTION 'column % has become NOT NULL meanwhile', quote_ident(column_name)
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'CALL it again.';
    END IF;
    PERFORM phone_crypt.swap_indexes(conversion, false);
    statements := phone_crypt.carried_sql(relation, conversion.plain_column, conversion.encrypted_column);
    IF NOT is_filled THEN
        statements := statements || format('DROP INDEX %s', pending_index)
            || phone_crypt.not_null_later_sql(relation, is_not_null, conversion.plain_column, conversion.encrypted_column,
                                              conversion.encrypted_number);
    ELSIF is_not_null THEN
        statements := statements || phone_crypt.not_null_by_check_sql(conversion)
            || format('ALTER TABLE %s ALTER COLUMN %I DROP NOT NULL', relation, conversion.plain_column);
        not_null_name := phone_crypt.not_null_name(relation, conversion.plain_number);
    END IF;
    statements := statements
        || format('DROP TRIGGER %I ON %s', conversion.trigger, relation)
        || format('ALTER TABLE %s RENAME COLUMN %I TO %I', relation, conversion.plain_column,
                  conversion.plain_column || '_plain')
        || format('ALTER TABLE %s RENAME COLUMN %I TO %I', relation, conversion.encrypted_column, column_name);
    FOREACH statement IN ARRAY statements LOOP
        PERFORM phone_crypt.run_as_owner(relation, statement);
    END LOOP;
    PERFORM phone_crypt.name_not_null(relation, conversion.encrypted_number, not_null_name);
    -- Under their new names.
    clearing := regexp_replace(conversion.work, '^(fill|read)', 'clear');
    SELECT * INTO conversion FROM phone_crypt.conversions AS c
     WHERE c.relation = swap_columns.relation AND c.id = conversion.id;
    statements := phone_crypt.sync_trigger_sql(conversion, clearing);
    EXECUTE statements[1];
    PERFORM phone_crypt.run_as_owner(relation, statements[2]);
END;
$$;
COMMENT ON FUNCTION phone_crypt.swap_columns(regclass, text, text, text) IS
    'behind phone_encrypt_column: the encrypted column takes the name of the plain one';
