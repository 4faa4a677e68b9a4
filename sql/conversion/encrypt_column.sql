-- phone_encrypt_column: a column of plain text becomes one of type encrypted_phone, or encrypted_email, under the same name, while the
-- application goes on:
--   1. a column of the type is added, and its indexes are made while it is empty;
--   2. a trigger fills it whenever a row is written, and batches fill it where rows are there already;
--   3. every row is compared;
--   4. the columns change names under a short lock.
-- Each step is seen in the catalogue and the rows, so that a run that was stopped goes on where it was.

-- The statements that add the column, and the trigger that names it together with the plain one.
CREATE FUNCTION phone_crypt.prepare_sql(relation regclass, column_name text, source text, data_type text DEFAULT 'encrypted_phone')
    RETURNS text[]
    LANGUAGE sql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT ARRAY[
        format('ALTER TABLE %s ADD COLUMN %I %s', relation, column_name || '_encrypted',
               CASE data_type WHEN 'encrypted_email' THEN '@extschema@.encrypted_email'::regtype
                              ELSE '@extschema@.encrypted_phone'::regtype END),
        format('CREATE TRIGGER %I BEFORE UPDATE OF %I, %I ON %s FOR EACH ROW WHEN (false) '
               'EXECUTE FUNCTION phone_crypt.convert_row(%L, %L, %L)',
               phone_crypt.free_trigger_name(relation, 'zz_phone_crypt_columns'), column_name,
               column_name || '_encrypted', relation, gen_random_uuid(), 'columns', source)]
$$;
COMMENT ON FUNCTION phone_crypt.prepare_sql(regclass, text, text, text) IS
    'the statements that begin a conversion';

CREATE FUNCTION phone_crypt.free_trigger_name(relation regclass, stem text) RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    number integer := 1;
BEGIN
    WHILE EXISTS (SELECT FROM pg_trigger AS t WHERE t.tgrelid = relation AND t.tgname = stem || '_' || number) LOOP
        number := number + 1;
    END LOOP;
    RETURN stem || '_' || number;
END;
$$;
COMMENT ON FUNCTION phone_crypt.free_trigger_name(regclass, text) IS
    'a name that no trigger of the table has';

-- The statements that make the trigger that works, of a kind that no session can switch off.
CREATE FUNCTION phone_crypt.sync_trigger_sql(conversion phone_crypt.conversions, work text) RETURNS text[]
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN (
    SELECT ARRAY[
        format('CREATE TRIGGER %I BEFORE INSERT OR UPDATE ON %s FOR EACH ROW WHEN (%s) '
               'EXECUTE FUNCTION phone_crypt.convert_row(%L, %L)',
               t.name, conversion.relation,
               -- Both columns stand in it, so that the trigger goes when one of them does.
               format('NEW.%I IS NOT NULL OR NEW.%I IS NOT NULL', conversion.plain_column, conversion.encrypted_column),
               conversion.id, work),
        format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %I', conversion.relation, t.name)]
      FROM (SELECT phone_crypt.free_trigger_name(conversion.relation,
                       phone_crypt.sync_trigger_name(conversion.encrypted_number))) AS t (name));
END;
$$;
COMMENT ON FUNCTION phone_crypt.sync_trigger_sql(phone_crypt.conversions, text) IS
    'the statements that make the trigger of a conversion';

-- Unique indexes become deferrable constraints until the swap: see phone_crypt.make_immediate(). On the way back those of a
-- partitioned table alone do, whose indexes cannot become constraints later.
CREATE FUNCTION phone_crypt.constraints_sql(conversion phone_crypt.conversions, back boolean DEFAULT false) RETURNS text[]
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF phone_crypt.is_partitioned(conversion.relation) THEN
        RETURN phone_crypt.partition_constraints_sql(conversion, back);
    ELSIF back THEN
        RETURN '{}';
    END IF;
    RETURN (
    SELECT coalesce(array_agg(s.statement ORDER BY p.counterpart, s.place), '{}')
      FROM phone_crypt.index_pairs(conversion, false) AS p JOIN pg_class AS c ON c.oid = p.counterpart
     CROSS JOIN LATERAL unnest(ARRAY[
               format('ALTER TABLE %s ADD CONSTRAINT %I UNIQUE USING INDEX %I DEFERRABLE', conversion.relation, c.relname,
                      c.relname),
               format('SELECT phone_crypt.check_always(%L, %L)', conversion.relation, c.relname)])
           WITH ORDINALITY AS s (statement, place)
     WHERE p.is_unique AND p.counterpart_constraint IS NULL);
END;
$$;
COMMENT ON FUNCTION phone_crypt.constraints_sql(phone_crypt.conversions, boolean) IS
    'the statements that make constraints of the unique indexes of the new column';

-- Until no session sees the rows as they were before they were filled. At most a minute.
CREATE PROCEDURE phone_crypt.wait_for_snapshots()
    LANGUAGE plpgsql
AS $$
DECLARE
    since pg_catalog.xid := pg_catalog.pg_current_xact_id()::pg_catalog.xid;
    patience_ends pg_catalog.timestamptz := pg_catalog.clock_timestamp() OPERATOR(pg_catalog.+) interval '60 seconds';
BEGIN
    LOOP
        -- A transaction sees the sessions as they were when it first looked.
        COMMIT;
        PERFORM phone_crypt.begin_batch();
        EXIT WHEN NOT phone_crypt.has_older_snapshots(since);
        IF pg_catalog.clock_timestamp() OPERATOR(pg_catalog.>) patience_ends THEN
            RAISE EXCEPTION 'transactions that began before the column was filled are still open'
                USING ERRCODE = 'lock_not_available',
                      HINT = 'They would find no numbers in it. End them, and CALL it again: pg_stat_activity, backend_xmin.';
        END IF;
        PERFORM pg_catalog.pg_sleep(0.1);
    END LOOP;
END;
$$;
COMMENT ON PROCEDURE phone_crypt.wait_for_snapshots() IS
    'waits until no session sees rows as they were before now';

-- What a column of text holds. One value among plain text may have been pasted in by somebody who wants it to be read.
CREATE FUNCTION phone_crypt.source_of(relation regclass, column_name text, context text, data_type text DEFAULT 'encrypted_phone')
    RETURNS text
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    are_values boolean := phone_crypt.count_encrypted_texts(relation, column_name, data_type) > 0
        AND phone_crypt.count_as_owner(relation, format(
            't.%1$I IS NOT NULL AND NOT (t.%1$I::pg_catalog.text OPERATOR(pg_catalog.~) %2$L)',
            column_name, '^[0-9a-fA-F]{32}:[0-9a-fA-F]+$')) = 0;
BEGIN
    IF are_values THEN
        RETURN concat('value ', encode(convert_to(context, 'UTF8'), 'hex'));
    ELSIF context <> '' THEN
        RAISE EXCEPTION 'column % of table % does not hold values of %_encrypt() alone', quote_ident(column_name), relation,
            CASE data_type WHEN 'encrypted_email' THEN 'email' ELSE 'phone' END USING ERRCODE = 'invalid_parameter_value', HINT = 'Plain text has no context.';
    END IF;
    RETURN 'text';
END;
$$;
COMMENT ON FUNCTION phone_crypt.source_of(regclass, text, text, text) IS
    'what a column holds that is to be encrypted: text, or values of phone_encrypt() or email_encrypt() alone';

CREATE FUNCTION phone_crypt.count_differing(
    relation regclass, plain text, encrypted text, source text, rows text
) RETURNS bigint
    LANGUAGE sql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(sum(phone_crypt.conversion_differing(l.leaf, plain, encrypted, source, count_differing.rows)), 0)::bigint
      FROM unnest(phone_crypt.leaves(relation)) AS l (leaf)
$$;
COMMENT ON FUNCTION phone_crypt.count_differing(regclass, text, text, text, text) IS
    'how many rows of a table and its partitions would lose something if the plain column went';

-- source: NULL, and it is looked at. procedure: what the user has called.
CREATE PROCEDURE phone_crypt.encrypt_column(
    procedure text, relation regclass, column_name text, source text, context text, keep_original boolean,
    duplicates text, batch_size integer, dry_run boolean, data_type text
)
    LANGUAGE plpgsql
AS $$
DECLARE
    conversion phone_crypt.conversions;
    work pg_catalog.text;
    title pg_catalog.text;
    path pg_catalog.text := pg_catalog.current_setting('search_path');
    statements pg_catalog.text[];
    leaf pg_catalog.regclass;
    counts pg_catalog.jsonb;
    job bigint;
    differing bigint;
    verified pg_catalog.text;
    failure pg_catalog.text;
    -- Up to this size the indexes are made under a lock, which takes a moment.
    small constant bigint := 16777216;
    callers pg_catalog.text[] := phone_crypt.begin_batch();
BEGIN
    IF relation IS NULL OR column_name IS NULL OR keep_original IS NULL OR duplicates IS NULL OR dry_run IS NULL
       OR context IS NULL OR data_type IS NULL THEN
        RAISE EXCEPTION 'table, column, keep_original, duplicates, context, type and dry_run must not be NULL'
            USING ERRCODE = 'null_value_not_allowed';
    ELSIF duplicates OPERATOR(pg_catalog.<>) ALL (ARRAY['refuse', 'text']) THEN
        RAISE EXCEPTION 'duplicates is one of: refuse, text' USING ERRCODE = 'invalid_parameter_value';
    ELSIF data_type OPERATOR(pg_catalog.<>) ALL (ARRAY['encrypted_phone', 'encrypted_email']) THEN
        RAISE EXCEPTION 'type is one of: encrypted_phone, encrypted_email' USING ERRCODE = 'invalid_parameter_value';
    ELSIF keep_original AND data_type OPERATOR(pg_catalog.=) 'encrypted_email' THEN
        RAISE EXCEPTION 'keep_original is for phone numbers: of an address there is one spelling'
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    PERFORM phone_crypt.check_owner(relation);
    PERFORM phone_crypt.check_batch_size(batch_size);
    title := phone_crypt.job_title(procedure, relation, column_name::pg_catalog.name);
    conversion := phone_crypt.conversion(relation, column_name);
    IF phone_crypt.is_encrypted_column(relation, column_name) THEN
        PERFORM phone_crypt.end_batch(callers);
        IF phone_crypt.has_late_check(relation, column_name) THEN
            -- A run that was stopped after the swap.
            CALL phone_crypt.not_null_again(relation, column_name);
        END IF;
        RAISE NOTICE '%: the column is encrypted', title
            USING HINT = CASE WHEN conversion.state OPERATOR(pg_catalog.=) 'swapped'
                         THEN 'CALL phone_drop_plaintext(): what it was is still there.' END;
        RETURN;
    END IF;
    IF conversion.relation IS NULL THEN
        PERFORM phone_crypt.check_convertible(relation, column_name);
        source := coalesce(source, phone_crypt.source_of(relation, column_name, context, data_type));
    ELSIF phone_crypt.holds_addresses(relation, conversion.encrypted_column::pg_catalog.text)
          OPERATOR(pg_catalog.<>) (data_type OPERATOR(pg_catalog.=) 'encrypted_email') THEN
        RAISE EXCEPTION 'column % of table % is on its way to another type', pg_catalog.quote_ident(column_name), relation
            USING ERRCODE = 'invalid_parameter_value', HINT = 'CALL it as before, with the same type.';
    ELSIF source OPERATOR(pg_catalog.<>) conversion.source OR context OPERATOR(pg_catalog.<>) ''
          AND conversion.source OPERATOR(pg_catalog.<>)
              pg_catalog.concat('value ', pg_catalog.encode(pg_catalog.convert_to(context, 'UTF8'), 'hex')) THEN
        RAISE EXCEPTION 'column % of table % is being converted from something else', pg_catalog.quote_ident(column_name),
            relation USING ERRCODE = 'invalid_parameter_value',
            HINT = 'CALL it as before: the same procedure, context, scheme, key_id and regions.';
    ELSE
        source := conversion.source;
    END IF;
    work := pg_catalog.concat(CASE WHEN source OPERATOR(pg_catalog.=) 'text' THEN 'fill' ELSE 'read' END,
                              CASE WHEN keep_original THEN '_with_spelling' END);
    IF conversion.state OPERATOR(pg_catalog.=) 'filling' AND conversion.work OPERATOR(pg_catalog.<>) work THEN
        RAISE EXCEPTION 'column % of table % is being converted with another keep_original',
            pg_catalog.quote_ident(column_name), relation USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF source OPERATOR(pg_catalog.<>) 'text'
       AND NOT pg_catalog.has_function_privilege(current_user, CASE
               WHEN data_type OPERATOR(pg_catalog.=) 'encrypted_email' THEN '@extschema@.email_decrypt(text,text)'::pg_catalog.regprocedure
               ELSE '@extschema@.phone_decrypt(text,text)'::pg_catalog.regprocedure END, 'EXECUTE') THEN
        RAISE EXCEPTION 'permission denied for the plain text of values' USING ERRCODE = 'insufficient_privilege',
            HINT = pg_catalog.format('It needs EXECUTE on %s_decrypt (profile reader).',
                                     pg_catalog.substr(data_type, 11));
    END IF;
    PERFORM phone_crypt.check_source(source);
    PERFORM phone_crypt.check_rights(a.attrelid, a.attnum, data_type) FROM pg_catalog.pg_attribute AS a
      WHERE a.attrelid OPERATOR(pg_catalog.=) ANY (phone_crypt.tree(relation)::pg_catalog.oid[])
        AND a.attname OPERATOR(pg_catalog.=) column_name::pg_catalog.name;
    IF dry_run THEN
        counts := phone_crypt.source_counts(relation, column_name, source, data_type);
        IF source OPERATOR(pg_catalog.=) 'text' THEN
            counts := counts OPERATOR(pg_catalog.||) pg_catalog.jsonb_build_object(
                'duplicate', phone_crypt.count_repeated(relation, column_name, data_type),
                'too_long_for_an_index', phone_crypt.count_long_texts(relation, column_name));
        END IF;
        RAISE NOTICE '%: dry run: %', title, phone_crypt.counts_text(counts);
        PERFORM phone_crypt.announce_pin(title);
        PERFORM phone_crypt.end_batch(callers);
        RETURN;
    END IF;
    PERFORM phone_crypt.check_may_commit();
    PERFORM phone_crypt.check_lasting_keys();
    PERFORM phone_crypt.job_lock(relation);
    IF (conversion.state OPERATOR(pg_catalog.=) 'filling') IS NOT TRUE THEN
        PERFORM phone_crypt.check_rows(relation, column_name, source, duplicates, data_type);
    END IF;
    PERFORM phone_crypt.pin_if_not_pinned(title);
    COMMIT;

    IF conversion.relation IS NULL THEN
        PERFORM phone_crypt.begin_batch();
        CALL phone_crypt.change_table(relation, phone_crypt.prepare_sql(relation, column_name, source, data_type), failure);
    END IF;
    PERFORM phone_crypt.begin_batch();
    conversion := phone_crypt.conversion(relation, column_name);
    IF conversion.state OPERATOR(pg_catalog.=) 'prepared' THEN
        statements := phone_crypt.missing_indexes(conversion, false, false);
        IF pg_catalog.cardinality(statements) OPERATOR(pg_catalog.>) 0 THEN
            IF phone_crypt.table_size(relation) OPERATOR(pg_catalog.>) small THEN
                RAISE NOTICE '%: make the indexes now, while the column is empty, and CALL it again', title
                    USING HINT = pg_catalog.format('SELECT phone_column_statements(%L, %L) \gexec', relation, column_name);
                PERFORM phone_crypt.job_unlock(relation);
                COMMIT;
                RETURN;
            END IF;
            CALL phone_crypt.change_table(relation, statements, failure);
        END IF;
        CALL phone_crypt.change_table(relation, phone_crypt.constraints_sql(conversion)
            OPERATOR(pg_catalog.||) phone_crypt.sync_trigger_sql(conversion, work), failure);
    END IF;

    PERFORM phone_crypt.begin_batch();
    conversion := phone_crypt.conversion(relation, column_name);
    PERFORM phone_crypt.check_trigger(conversion, phone_crypt.trigger_version(conversion));
    SELECT b.job, b.details INTO job, counts
      FROM phone_crypt.job_begin(procedure, relation, column_name::pg_catalog.name,
                                 phone_crypt.count_as_owner(relation, phone_crypt.unfilled(conversion))) AS b;
    COMMIT;
    FOREACH leaf IN ARRAY phone_crypt.leaves(relation) LOOP
        CALL phone_crypt.work_through_pages(procedure,
            CASE WHEN source OPERATOR(pg_catalog.=) 'text' THEN 'fill' ELSE work END, leaf,
            conversion.encrypted_column::pg_catalog.text, conversion.plain_column::pg_catalog.text, source,
            phone_crypt.unfilled(conversion), duplicates OPERATOR(pg_catalog.=) 'text', batch_size, job, counts, failure);
    END LOOP;
    IF (counts OPERATOR(pg_catalog.->>) 'unreadable')::bigint OPERATOR(pg_catalog.>) 0 THEN
        RAISE EXCEPTION '% values of table % cannot be read', counts OPERATOR(pg_catalog.->>) 'unreadable', relation
            USING ERRCODE = 'data_exception',
                  HINT = pg_catalog.format('They were written meanwhile, and are those WHERE %I IS NULL and %I is not. Delete '
                      'or correct them, and CALL it again.',
                      conversion.encrypted_column, conversion.plain_column);
    END IF;

    CALL phone_crypt.make_impassable(conversion, false);
    PERFORM phone_crypt.job_phase(job, 'verification');
    statements := CASE WHEN source OPERATOR(pg_catalog.=) 'text' THEN phone_crypt.not_null_sql(conversion) ELSE '{}' END;
    IF pg_catalog.cardinality(statements) OPERATOR(pg_catalog.>) 0 THEN
        CALL phone_crypt.change_table(relation, statements, failure);
    END IF;
    COMMIT;
    PERFORM phone_crypt.begin_batch();
    verified := phone_crypt.trigger_version(conversion);
    differing := phone_crypt.count_differing(relation, conversion.plain_column::pg_catalog.text,
        conversion.encrypted_column::pg_catalog.text, source,
        CASE WHEN source OPERATOR(pg_catalog.=) 'text' THEN 'all' ELSE 'with_both' END);
    IF differing OPERATOR(pg_catalog.>) 0 THEN
        RAISE EXCEPTION '% rows of table % differ from what is encrypted', differing, relation
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = pg_catalog.format(
                      'They were written past the trigger of the conversion. UPDATE them SET %I = NULL and CALL it again.',
                      conversion.encrypted_column);
    END IF;
    PERFORM phone_crypt.job_phase(job, 'older transactions');
    CALL phone_crypt.wait_for_snapshots();
    PERFORM phone_crypt.job_phase(job, 'swap');
    PERFORM phone_crypt.rehearse_swap(relation, column_name, false);
    CALL phone_crypt.change_table(relation, ARRAY[
        pg_catalog.format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE', relation),
        pg_catalog.format('SELECT phone_crypt.swap_columns(%L, %L, %L, %L)', relation, column_name, verified, path),
        phone_crypt.job_end_sql(job, counts)], failure);
    CALL phone_crypt.not_null_again(relation, column_name);
    PERFORM phone_crypt.job_unlock(relation);
    COMMIT;
    PERFORM phone_crypt.begin_batch();
    RAISE NOTICE '%: the column is encrypted; what it was is in %.%', title, relation,
        pg_catalog.quote_ident(pg_catalog.concat(column_name, '_plain'))
        USING HINT = pg_catalog.format(E'When the application is content:\n  CALL phone_drop_plaintext(%L, %L);\n'
            'Indexes that were filled row by row take half as much room again:\n  REINDEX TABLE CONCURRENTLY %s;',
            relation, column_name, relation);
    PERFORM phone_crypt.end_batch(callers);
END;
$$;
COMMENT ON PROCEDURE phone_crypt.encrypt_column(text, regclass, text, text, text, boolean, text, integer, boolean, text) IS
    'behind phone_encrypt_column and phone_import_legacy_column';

CREATE PROCEDURE phone_encrypt_column(
    "table" regclass, "column" name, keep_original boolean DEFAULT false, duplicates text DEFAULT 'refuse',
    batch_size integer DEFAULT 5000, dry_run boolean DEFAULT false, context text DEFAULT '',
    type text DEFAULT 'encrypted_phone'
)
    LANGUAGE plpgsql
AS $$
BEGIN
    CALL phone_crypt.encrypt_column('phone_encrypt_column', "table", "column"::pg_catalog.text, NULL, context, keep_original,
                                    duplicates, batch_size, dry_run, type);
END;
$$;
COMMENT ON PROCEDURE phone_encrypt_column(regclass, name, boolean, text, integer, boolean, text, text) IS
    'turns a column of plain text, or of values of phone_encrypt() or email_encrypt(), into one of type encrypted_phone or encrypted_email under the same name, online';

-- Values of the legacy web application. key_id and regions: NULL for those of the settings.
CREATE PROCEDURE phone_import_legacy_column(
    "table" regclass, "column" name, scheme text, key_id text DEFAULT NULL, regions text DEFAULT NULL,
    keep_original boolean DEFAULT false, duplicates text DEFAULT 'refuse', batch_size integer DEFAULT 5000,
    dry_run boolean DEFAULT false
)
    LANGUAGE plpgsql
AS $$
DECLARE
    source pg_catalog.text;
BEGIN
    IF scheme IS NULL THEN
        RAISE EXCEPTION 'scheme must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    source := pg_catalog.concat_ws(' ', 'legacy', scheme, coalesce(key_id, '-'),
                                   coalesce(pg_catalog.regexp_replace(regions, '\s', '', 'g'), '-'));
    -- An unknown scheme, key or region is refused before anything is looked at.
    PERFORM phone_crypt.check_source(source);
    CALL phone_crypt.encrypt_column('phone_import_legacy_column', "table", "column"::pg_catalog.text, source, '',
                                    keep_original, duplicates, batch_size, dry_run, 'encrypted_phone');
END;
$$;
COMMENT ON PROCEDURE phone_import_legacy_column(regclass, name, text, text, text, boolean, text, integer, boolean) IS
    'turns a column of unauthenticated values of the legacy web application into one of type encrypted_phone under the same name, online';
