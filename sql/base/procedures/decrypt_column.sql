-- phone_decrypt_column: the way back from phone_add_encrypted_column and phone_drop_plaintext.

-- The statements that take an encrypted column away, once its plain text is there.
CREATE FUNCTION phone_crypt.unregistration_sql(spec phone_crypt.columns) RETURNS text[]
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT ARRAY[
        format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE', spec.relation),
        format('SELECT phone_crypt.check_decrypted(%L, %L)', spec.relation, spec.column_name),
        format('DROP TRIGGER IF EXISTS %I ON %s', phone_crypt.trigger_name(spec.column_name), spec.relation),
        format('ALTER TABLE %s %s', spec.relation,
               (SELECT string_agg(format('DROP COLUMN IF EXISTS %I', n), ', ')
                  FROM unnest(ARRAY[spec.encrypted_column, spec.hash_column, spec.raw_column, spec.next_hash_column])
                       AS u (n) WHERE n IS NOT NULL)),
        format('DELETE FROM phone_crypt.columns AS c WHERE c.relation = %L::regclass AND c.column_name = %L',
               spec.relation, spec.column_name)]
$$;
COMMENT ON FUNCTION phone_crypt.unregistration_sql(phone_crypt.columns) IS
    'the statements that take an encrypted column away';

CREATE FUNCTION phone_crypt.check_decrypted(relation regclass, column_name text) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    pending bigint := phone_crypt.pending('decrypt', relation, column_name);
BEGIN
    IF pending > 0 THEN
        RAISE EXCEPTION '% rows of table % cannot be decrypted', pending, relation
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = 'Their values are damaged, or belong to another row or column. Restore them, or set them to NULL, and CALL it again.';
    END IF;
END;
$$;
COMMENT ON FUNCTION phone_crypt.check_decrypted(regclass, text) IS
    '55000 while rows of a registered column have no plain text';

-- What a run that is resumed has to know: the column is its own, so constraints are to be restored.
CREATE FUNCTION phone_crypt.note_column_added(relation regclass, column_name name) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    job bigint := (SELECT b.job FROM phone_crypt.job_begin('phone_decrypt_column', note_column_added.relation,
                                                           note_column_added.column_name, 0) AS b);
BEGIN
    UPDATE phone_crypt.jobs AS j SET details = j.details || '{"column_added": 0}' WHERE j.id = job;
END;
$$;
COMMENT ON FUNCTION phone_crypt.note_column_added(regclass, name) IS
    'marks the job of phone_decrypt_column: the column of plain text was added by it';

-- Brings back what the column of plain text had, as far as what is in it now allows.
CREATE PROCEDURE phone_crypt.restore_constraints(spec phone_crypt.columns)
    LANGUAGE plpgsql
AS $$
DECLARE
    statement pg_catalog.text;
BEGIN
    PERFORM phone_crypt.begin_batch();
    IF spec.plaintext_not_null THEN
        statement := pg_catalog.format('ALTER TABLE %s ALTER COLUMN %I SET NOT NULL', spec.relation, spec.column_name);
        BEGIN
            PERFORM phone_crypt.run_as_owner(spec.relation, statement);
        EXCEPTION WHEN not_null_violation THEN
            RAISE NOTICE 'rows without a number keep the column from being NOT NULL again; later: %', statement;
        END;
    END IF;
    FOREACH statement IN ARRAY phone_crypt.index_sql(spec.relation, spec.hash_column, spec.column_name, false) LOOP
        CONTINUE WHEN NOT pg_catalog.starts_with(statement, 'CREATE UNIQUE');
        BEGIN
            PERFORM phone_crypt.run_as_owner(spec.relation, statement);
        EXCEPTION WHEN unique_violation THEN
            RAISE NOTICE 'numbers that repeat keep the column from being unique again; later: %', statement;
        END;
    END LOOP;
    COMMIT;
    PERFORM phone_crypt.begin_batch();
END;
$$;
COMMENT ON PROCEDURE phone_crypt.restore_constraints(phone_crypt.columns) IS
    'behind phone_decrypt_column: NOT NULL and uniqueness as before';

-- Calling it once more after it is done is no mistake.
CREATE FUNCTION phone_crypt.was_decrypted(relation regclass, column_name text) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL RESTRICTED
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT NOT EXISTS (SELECT FROM phone_crypt.columns AS c
                        WHERE c.relation = was_decrypted.relation AND c.column_name = was_decrypted.column_name)
           AND EXISTS (SELECT FROM phone_crypt.jobs AS j
                        WHERE j.procedure = 'phone_decrypt_column' AND j.state = 'done'
                          AND j.relation = was_decrypted.relation AND j.column_name = was_decrypted.column_name)
$$;
COMMENT ON FUNCTION phone_crypt.was_decrypted(regclass, text) IS
    'whether phone_decrypt_column has taken the registration of a column away';

CREATE PROCEDURE phone_decrypt_column(
    "table" regclass, "column" name, keep_encrypted boolean DEFAULT false, batch_size integer DEFAULT 5000,
    dry_run boolean DEFAULT false
)
    LANGUAGE plpgsql
AS $$
#variable_conflict use_variable
DECLARE
    spec phone_crypt.columns;
    job bigint;
    counts pg_catalog.jsonb;
    was_dropped boolean;
    failure pg_catalog.text;
    callers pg_catalog.text[] := phone_crypt.begin_batch();
BEGIN
    IF phone_crypt.is_encrypted_column("table", "column"::pg_catalog.text) THEN
        PERFORM phone_crypt.end_batch(callers);
        CALL phone_crypt.decrypt_typed_column("table", "column"::pg_catalog.text, keep_encrypted, batch_size, dry_run);
        RETURN;
    END IF;
    IF phone_crypt.has_back_check("table", "column"::pg_catalog.text) THEN
        -- A run that was stopped after the swap.
        PERFORM phone_crypt.check_owner("table");
        PERFORM phone_crypt.end_batch(callers);
        CALL phone_crypt.not_null_again("table", "column"::pg_catalog.text);
        RETURN;
    END IF;
    IF phone_crypt.was_decrypted("table", "column") THEN
        RAISE NOTICE '%: done before', phone_crypt.job_title('phone_decrypt_column', "table", "column");
        PERFORM phone_crypt.end_batch(callers);
        RETURN;
    END IF;
    spec := phone_crypt.registered("table", "column");
    PERFORM phone_crypt.check_owner("table");
    PERFORM phone_crypt.check_batch_size(batch_size);
    PERFORM phone_crypt.leaves("table");
    IF keep_encrypted IS NULL OR dry_run IS NULL THEN
        RAISE EXCEPTION 'keep_encrypted and dry_run must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    IF spec.column_name OPERATOR(pg_catalog.=) spec.encrypted_column THEN
        RAISE EXCEPTION 'column % of table % has held encrypted values from the first',
            pg_catalog.quote_ident("column"), "table"
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = 'Add a column of your own and fill it by phone_decrypt().';
    END IF;
    IF NOT keep_encrypted THEN
        PERFORM phone_crypt.check_droppable("table", u.name)
           FROM pg_catalog.unnest(ARRAY[spec.encrypted_column, spec.hash_column, spec.raw_column]) AS u (name);
    END IF;
    IF dry_run THEN
        RAISE NOTICE '%: dry run: rows to decrypt %', phone_crypt.job_title('phone_decrypt_column', "table", "column"),
            CASE WHEN spec.has_plaintext THEN phone_crypt.pending('decrypt', "table", "column")
                 ELSE phone_crypt.pending('rows', "table", "column") END;
        PERFORM phone_crypt.end_batch(callers);
        RETURN;
    END IF;

    PERFORM phone_crypt.job_lock("table");
    COMMIT;
    -- A column that was not dropped has kept its own constraints.
    was_dropped := NOT spec.has_plaintext OR EXISTS (
        SELECT FROM phone_crypt.jobs AS j
         WHERE j.procedure OPERATOR(pg_catalog.=) 'phone_decrypt_column' AND j.state OPERATOR(pg_catalog.=) 'running'
           AND j.relation OPERATOR(pg_catalog.=) "table" AND j.column_name OPERATOR(pg_catalog.=) "column"
           AND j.details OPERATOR(pg_catalog.?) 'column_added');
    IF NOT spec.has_plaintext THEN
        PERFORM phone_crypt.begin_batch();
        CALL phone_crypt.change_table("table", ARRAY[
            pg_catalog.format('ALTER TABLE %s ADD COLUMN %I %s', "table", "column", spec.plaintext_type),
            pg_catalog.format('UPDATE phone_crypt.columns AS c SET has_plaintext = true '
                              'WHERE c.relation = %L::regclass AND c.column_name = %L', "table", "column"),
            pg_catalog.format('SELECT phone_crypt.note_column_added(%L, %L)', "table", "column")], failure);
    END IF;
    PERFORM phone_crypt.begin_batch();
    SELECT b.job, b.details INTO job, counts
      FROM phone_crypt.job_begin('phone_decrypt_column', "table", "column",
                                 phone_crypt.pending('decrypt', "table", "column")) AS b;
    COMMIT;
    CALL phone_crypt.work_through('phone_decrypt_column', 'decrypt', "table", "column", batch_size, '{}', job, counts,
                                  failure);
    PERFORM phone_crypt.check_decrypted("table", "column");
    IF was_dropped THEN
        CALL phone_crypt.restore_constraints(spec);
    END IF;
    -- Kept, the trigger goes on, and the application can be changed back meanwhile.
    IF keep_encrypted THEN
        PERFORM phone_crypt.job_end(job, counts);
    ELSE
        CALL phone_crypt.change_table("table", pg_catalog.array_append(phone_crypt.unregistration_sql(spec),
                                                                       phone_crypt.job_end_sql(job, counts)), failure);
    END IF;
    PERFORM phone_crypt.job_unlock("table");
    COMMIT;
END;
$$;
COMMENT ON PROCEDURE phone_decrypt_column(regclass, name, boolean, integer, boolean) IS
    'the way back: fills the column of plain text again and takes the encrypted one away, unless it is to be kept';
