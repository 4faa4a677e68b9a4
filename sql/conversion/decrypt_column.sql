-- The way back: a column of one of the data types becomes one of plain text under the same name, while the application goes
-- on. No trigger decrypts: one that did would show whoever may write the column any value that is pasted into it. The
-- trigger takes away plain text that is not of the present value; batches write it, and the last rows are written under the
-- lock of the swap.

-- The statements that begin it: a column, the trigger that names the two, and the one that takes away.
CREATE FUNCTION phone_crypt.prepare_back_sql(relation regclass, column_name text) RETURNS text[]
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    plain text := column_name || '_plain';
    id uuid := gen_random_uuid();
    trigger text := phone_crypt.free_trigger_name(relation, 'zz_phone_crypt_back');
BEGIN
    RETURN ARRAY[
        format('ALTER TABLE %s ADD COLUMN %I text', relation, plain),
        format('CREATE TRIGGER %I BEFORE UPDATE OF %I, %I ON %s FOR EACH ROW WHEN (false) '
               'EXECUTE FUNCTION phone_crypt.convert_row(%L, %L)',
               phone_crypt.free_trigger_name(relation, 'zz_phone_crypt_columns'), plain, column_name, relation, id,
               'columns'),
        format('CREATE TRIGGER %I BEFORE INSERT OR UPDATE ON %s FOR EACH ROW WHEN (NEW.%I IS NOT NULL OR NEW.%I IS NOT NULL) '
               'EXECUTE FUNCTION phone_crypt.convert_row(%L, %L)',
               trigger, relation, plain, column_name, id, 'clear'),
        format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %I', relation, trigger)];
END;
$$;
COMMENT ON FUNCTION phone_crypt.prepare_back_sql(regclass, text) IS
    'the statements that begin to decrypt a column';

CREATE FUNCTION phone_crypt.check_decryptable(relation regclass, column_name text) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    own record;
BEGIN
    PERFORM phone_crypt.check_table(relation);
    SELECT a.attnum, a.atttypid = phone_crypt.data_type_of(relation, column_name) AS is_plain_type,
           phone_crypt.function_of(relation, column_name, 'decrypt') AS decrypting, a.atttypid::regtype AS of_type
      INTO own FROM pg_attribute AS a WHERE a.attrelid = relation AND a.attname = column_name;
    IF NOT own.is_plain_type THEN
        RAISE EXCEPTION 'column % is of a domain', quote_ident(column_name) USING ERRCODE = 'datatype_mismatch';
    END IF;
    IF (phone_crypt.conversion(relation, column_name)).state IS DISTINCT FROM 'swapped' THEN
        PERFORM phone_crypt.check_new_columns(relation, column_name);
    END IF;
    IF NOT has_function_privilege(current_user, format('%s(%s)', own.decrypting, own.of_type), 'EXECUTE') THEN
        RAISE EXCEPTION 'permission denied for the plain text of % values', (SELECT t.typname FROM pg_type AS t WHERE t.oid = own.of_type)
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM phone_crypt.check_partitioned(relation, column_name)
       FROM pg_class AS c WHERE c.oid = relation AND c.relkind = 'p';
    PERFORM phone_crypt.check_obstacles_of_all(relation, column_name, false);
    PERFORM phone_crypt.check_may_make_indexes(relation, own.attnum);
END;
$$;
COMMENT ON FUNCTION phone_crypt.check_decryptable(regclass, text) IS
    'refuses a column of a data type that cannot become plain text';

-- How many rows would have the text of another row: a number, and the same number kept as text since another row had it.
CREATE FUNCTION phone_crypt.count_same_texts(relation regclass, column_name text) RETURNS bigint
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    is_unique boolean := EXISTS (
        SELECT FROM pg_attribute AS a, phone_crypt.carried_indexes(relation, a.attnum) AS c
         WHERE a.attrelid = relation AND a.attname = column_name AND c.is_unique);
BEGIN
    IF NOT is_unique THEN
        RETURN 0;
    END IF;
    -- Rows of two partitions differ in what they are partitioned by, which is in every unique index.
    RETURN (SELECT coalesce(sum(phone_crypt.same_texts(l.leaf, column_name)), 0)
              FROM unnest(phone_crypt.leaves(relation)) AS l (leaf));
END;
$$;
COMMENT ON FUNCTION phone_crypt.count_same_texts(regclass, text) IS
    'how many rows of a unique column would have the text of another row';

CREATE FUNCTION phone_crypt.check_same_texts(relation regclass, column_name text) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    number bigint := phone_crypt.count_same_texts(relation, column_name);
BEGIN
    IF number > 0 THEN
        RAISE EXCEPTION '% rows of table % have as text the number or address of another row', number, relation
            USING ERRCODE = 'unique_violation',
                  HINT = format('SELECT FROM %s AS t WHERE NOT %s(t.%I) AND EXISTS (SELECT FROM %1$s AS o WHERE '
                                'o.%3$I = %s(t.%3$I)) finds them: change or delete them first.', relation, phone_crypt.function_of(
                                relation, column_name, CASE WHEN phone_crypt.holds_addresses(relation, column_name)
                                THEN 'is_address' ELSE 'is_number' END), column_name,
                                phone_crypt.function_of(relation, column_name, 'decrypt'));
    END IF;
END;
$$;
COMMENT ON FUNCTION phone_crypt.check_same_texts(regclass, text) IS
    '23505 where rows of a unique column would have the text of another row';

-- Under the lock: the rows that were written a moment ago, and the names.
CREATE FUNCTION phone_crypt.swap_back(
    relation regclass, column_name text, verified text, keep_encrypted boolean, path text
) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    conversion phone_crypt.conversions := phone_crypt.conversion(relation, column_name);
    is_not_null boolean;
    statement text;
    statements text[];
    pending_index regclass;
BEGIN
    PERFORM phone_crypt.check_trigger(conversion, CASE conversion.state WHEN 'swapped' THEN verified END);
    PERFORM phone_crypt.check_obstacles_of_all(relation, conversion.encrypted_column, true);
    PERFORM phone_crypt.finish_rows(conversion, 'decrypt', phone_crypt.undecrypted(conversion), path);
    SELECT a.attnotnull INTO is_not_null FROM pg_attribute AS a
     WHERE a.attrelid = relation AND a.attnum = conversion.encrypted_number;
    pending_index := phone_crypt.pending_index(conversion);
    PERFORM phone_crypt.swap_indexes(conversion, true);
    statements := phone_crypt.carried_sql(relation, conversion.encrypted_column, conversion.plain_column)
        || format('DROP INDEX %s', pending_index)
        || format('DROP TRIGGER %I ON %s', conversion.trigger, relation)
        || format('DROP TRIGGER %I ON %s', conversion.marker, relation);
    statements := statements
        || phone_crypt.not_null_later_sql(relation, is_not_null, conversion.encrypted_column, conversion.plain_column,
                                          conversion.plain_number);
    statements := statements
        || CASE WHEN keep_encrypted
           THEN format('ALTER TABLE %s RENAME COLUMN %I TO %I', relation, conversion.encrypted_column,
                       column_name || '_encrypted')
           ELSE format('ALTER TABLE %s DROP COLUMN %I', relation, conversion.encrypted_column) END
        || format('ALTER TABLE %s RENAME COLUMN %I TO %I', relation, conversion.plain_column, column_name);
    FOREACH statement IN ARRAY statements LOOP
        PERFORM phone_crypt.run_as_owner(relation, statement);
    END LOOP;
END;
$$;
COMMENT ON FUNCTION phone_crypt.swap_back(regclass, text, text, boolean, text) IS
    'behind phone_decrypt_column: the plain column takes the name of the encrypted one';

-- Calling it once more after it is done is no mistake.
CREATE FUNCTION phone_crypt.was_decrypted(relation regclass, column_name text) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL RESTRICTED
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT EXISTS (SELECT FROM phone_crypt.jobs AS j
                    WHERE j.procedure = 'phone_decrypt_column' AND j.state = 'done'
                      AND j.relation = was_decrypted.relation AND j.column_name = was_decrypted.column_name)
$$;
COMMENT ON FUNCTION phone_crypt.was_decrypted(regclass, text) IS
    'whether phone_decrypt_column has made a column one of plain text';

CREATE PROCEDURE phone_decrypt_column(
    "table" regclass, "column" name, keep_encrypted boolean DEFAULT false, batch_size integer DEFAULT 5000,
    dry_run boolean DEFAULT false
)
    LANGUAGE plpgsql
AS $$
#variable_conflict use_variable
DECLARE
    relation pg_catalog.regclass := "table";
    column_name pg_catalog.text := "column";
    conversion phone_crypt.conversions;
    title pg_catalog.text;
    path pg_catalog.text := pg_catalog.current_setting('search_path');
    statements pg_catalog.text[];
    leaf pg_catalog.regclass;
    counts pg_catalog.jsonb;
    job bigint;
    number bigint;
    verified pg_catalog.text;
    failure pg_catalog.text;
    callers pg_catalog.text[] := phone_crypt.begin_batch();
BEGIN
    IF relation IS NULL OR column_name IS NULL OR keep_encrypted IS NULL OR dry_run IS NULL THEN
        RAISE EXCEPTION 'table, column, keep_encrypted and dry_run must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    PERFORM phone_crypt.check_owner(relation);
    PERFORM phone_crypt.check_batch_size(batch_size);
    title := phone_crypt.job_title('phone_decrypt_column', relation, column_name::pg_catalog.name);
    IF NOT phone_crypt.is_encrypted_column(relation, column_name) THEN
        IF phone_crypt.has_late_check(relation, column_name) THEN
            -- A run that was stopped after the swap.
            PERFORM phone_crypt.end_batch(callers);
            CALL phone_crypt.not_null_again(relation, column_name);
        ELSIF phone_crypt.was_decrypted(relation, column_name) THEN
            RAISE NOTICE '%: done before', title;
            PERFORM phone_crypt.end_batch(callers);
        ELSE
            RAISE EXCEPTION 'column % of table % is not of type encrypted_phone or encrypted_email', pg_catalog.quote_ident(column_name), relation
                USING ERRCODE = 'object_not_in_prerequisite_state';
        END IF;
        RETURN;
    END IF;
    PERFORM phone_crypt.check_keys();
    PERFORM phone_crypt.check_decryptable(relation, column_name);
    conversion := phone_crypt.conversion(relation, column_name);
    IF conversion.source OPERATOR(pg_catalog.<>) 'text' THEN
        RAISE EXCEPTION 'column % still holds the values that column % was made of',
            pg_catalog.quote_ident(conversion.plain_column), pg_catalog.quote_ident(column_name)
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = pg_catalog.format('CALL phone_drop_plaintext(%L, %L) first.', relation, column_name);
    END IF;
    -- Where there is no plain column yet, it will be the last.
    PERFORM phone_crypt.warn_of_order(title, relation, a.attnum, coalesce(conversion.plain_number, 32767::smallint))
       FROM pg_catalog.pg_attribute AS a
      WHERE a.attrelid OPERATOR(pg_catalog.=) relation AND a.attname OPERATOR(pg_catalog.=) column_name::pg_catalog.name;
    IF dry_run THEN
        PERFORM phone_crypt.check_same_texts(relation, column_name);
        RAISE NOTICE '%: dry run: rows to be decrypted %', title,
            phone_crypt.count_as_owner(relation, pg_catalog.format('t.%I IS NOT NULL', column_name));
        PERFORM phone_crypt.end_batch(callers);
        RETURN;
    END IF;
    PERFORM phone_crypt.check_may_commit();
    PERFORM phone_crypt.job_lock(relation);
    PERFORM phone_crypt.check_same_texts(relation, column_name);
    COMMIT;
    PERFORM phone_crypt.begin_batch();
    conversion := phone_crypt.conversion(relation, column_name);
    IF conversion.relation IS NULL THEN
        CALL phone_crypt.change_table(relation, phone_crypt.prepare_back_sql(relation, column_name), failure);
        PERFORM phone_crypt.begin_batch();
    END IF;
    conversion := phone_crypt.conversion(relation, column_name);
    SELECT b.job, b.details INTO job, counts
      FROM phone_crypt.job_begin('phone_decrypt_column', relation, column_name::pg_catalog.name,
                                 phone_crypt.count_as_owner(relation, phone_crypt.undecrypted(conversion))) AS b;
    COMMIT;
    PERFORM phone_crypt.begin_batch();
    statements := phone_crypt.missing_indexes(conversion, false, true);
    IF pg_catalog.cardinality(statements) OPERATOR(pg_catalog.>) 0 THEN
        -- As phone_encrypt_column has it.
        IF phone_crypt.table_size(relation) OPERATOR(pg_catalog.>) 16777216 THEN
            RAISE NOTICE '%: make the indexes now, while the column is empty, and CALL it again', title
                USING HINT = pg_catalog.format('SELECT phone_column_statements(%L, %L) \gexec', relation, column_name);
            PERFORM phone_crypt.job_unlock(relation);
            COMMIT;
            RETURN;
        END IF;
        CALL phone_crypt.change_table(relation, statements, failure);
    END IF;
    statements := phone_crypt.constraints_sql(conversion, true);
    IF pg_catalog.cardinality(statements) OPERATOR(pg_catalog.>) 0 THEN
        CALL phone_crypt.change_table(relation, statements, failure);
    END IF;
    PERFORM phone_crypt.check_trigger(conversion, phone_crypt.trigger_version(conversion));
    FOREACH leaf IN ARRAY phone_crypt.leaves(relation) LOOP
        CALL phone_crypt.work_through_pages('phone_decrypt_column', 'decrypt', leaf, column_name,
            conversion.plain_column::pg_catalog.text, 'text', phone_crypt.undecrypted(conversion), false, batch_size, job,
            counts, failure);
    END LOOP;
    number := (counts OPERATOR(pg_catalog.->>) 'unreadable')::bigint;
    IF number OPERATOR(pg_catalog.>) 0 THEN
        RAISE EXCEPTION '% values of table % cannot be decrypted', number, relation
            USING ERRCODE = 'data_exception', HINT = 'phone_verify() or email_verify() of the column is false for them.';
    END IF;
    CALL phone_crypt.make_impassable(conversion, true);
    PERFORM phone_crypt.job_phase(job, 'verification');
    COMMIT;
    PERFORM phone_crypt.begin_batch();
    verified := phone_crypt.trigger_version(conversion);
    number := phone_crypt.count_differing(relation, conversion.plain_column::pg_catalog.text, column_name,
                                          conversion.source, 'with_plain_text');
    IF number OPERATOR(pg_catalog.>) 0 THEN
        RAISE EXCEPTION '% rows of table % have plain text that is not of their encrypted value', number, relation
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = pg_catalog.format('They were written past the trigger of the conversion. UPDATE them SET %I = NULL '
                                           'and CALL it again.', conversion.plain_column);
    END IF;
    PERFORM phone_crypt.job_phase(job, 'older transactions');
    CALL phone_crypt.wait_for_snapshots();
    PERFORM phone_crypt.job_phase(job, 'swap');
    PERFORM phone_crypt.rehearse_swap(relation, column_name, true);
    CALL phone_crypt.change_table(relation, ARRAY[
        pg_catalog.format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE', relation),
        pg_catalog.format('SELECT phone_crypt.swap_back(%L, %L, %L, %L, %L)', relation, column_name, verified, keep_encrypted,
                          path),
        phone_crypt.job_end_sql(job, counts)], failure);
    CALL phone_crypt.not_null_again(relation, column_name);
    PERFORM phone_crypt.job_unlock(relation);
    COMMIT;
    PERFORM phone_crypt.begin_batch();
    RAISE NOTICE '%: the column is plain text', title;
    PERFORM phone_crypt.end_batch(callers);
END;
$$;
COMMENT ON PROCEDURE phone_decrypt_column(regclass, name, boolean, integer, boolean) IS
    'the way back: a column of type encrypted_phone or encrypted_email becomes one of plain text under the same name, online';
