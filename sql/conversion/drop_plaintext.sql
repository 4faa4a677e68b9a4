-- The plain text of a converted column goes, once every row is known to say the same without it.

-- A column that is added stands last. What goes by the order of columns does not fail then, if the types agree: it puts
-- numbers into another column.
CREATE FUNCTION phone_crypt.warn_of_order(title text, relation regclass, before smallint, after smallint) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF EXISTS (SELECT FROM pg_attribute AS a
                WHERE a.attrelid = relation AND a.attnum > before AND a.attnum < after AND NOT a.attisdropped) THEN
        RAISE WARNING '%: INSERT and COPY without column names will put numbers into another column', title
            USING HINT = 'The column stands behind others from then on: name the columns in such statements.';
    END IF;
END;
$$;
COMMENT ON FUNCTION phone_crypt.warn_of_order(text, regclass, smallint, smallint) IS
    'warns where a column comes to stand behind others';

CREATE PROCEDURE phone_drop_plaintext("table" regclass, "column" name, dry_run boolean DEFAULT false)
    LANGUAGE plpgsql
AS $$
#variable_conflict use_variable
DECLARE
    relation pg_catalog.regclass := "table";
    column_name pg_catalog.text := "column";
    conversion phone_crypt.conversions := phone_crypt.conversion(relation, column_name);
    verified pg_catalog.text;
    differing bigint;
    failure pg_catalog.text;
    title pg_catalog.text;
    callers pg_catalog.text[] := phone_crypt.begin_batch();
BEGIN
    IF relation IS NULL OR column_name IS NULL OR dry_run IS NULL THEN
        RAISE EXCEPTION 'table, column and dry_run must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    PERFORM phone_crypt.check_owner(relation);
    title := phone_crypt.job_title('phone_drop_plaintext', relation, column_name::pg_catalog.name);
    IF NOT phone_crypt.is_encrypted_column(relation, column_name) THEN
        RAISE EXCEPTION 'column % of table % is not of type encrypted_phone or encrypted_email', pg_catalog.quote_ident(column_name), relation
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'CALL phone_encrypt_column() first.';
    ELSIF (conversion.state OPERATOR(pg_catalog.=) 'swapped') IS NOT TRUE THEN
        RAISE NOTICE '%: there is no plain text', title;
        PERFORM phone_crypt.end_batch(callers);
        RETURN;
    END IF;
    PERFORM phone_crypt.warn_of_order(title, relation, conversion.plain_number, conversion.encrypted_number);
    verified := phone_crypt.trigger_version(conversion);
    PERFORM phone_crypt.check_obstacles_of_all(relation, conversion.plain_column, false);
    IF NOT dry_run THEN
        PERFORM phone_crypt.check_may_commit();
        PERFORM phone_crypt.check_lasting_keys();
        PERFORM phone_crypt.job_lock(relation);
    END IF;
    differing := phone_crypt.count_differing(relation, conversion.plain_column::pg_catalog.text, column_name,
                                             conversion.source, 'with_plain_text');
    IF differing OPERATOR(pg_catalog.>) 0 THEN
        RAISE EXCEPTION '% rows of table % differ from what is encrypted', differing, relation
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = pg_catalog.format('They were written past the trigger of the conversion. Where the encrypted '
                      'column is right: UPDATE them SET %I = NULL. WHERE %1$I <> %I finds those with another number.',
                      conversion.plain_column, column_name);
    END IF;
    IF dry_run THEN
        RAISE NOTICE '%: dry run: every row says the same without it', title;
        PERFORM phone_crypt.end_batch(callers);
        RETURN;
    END IF;
    COMMIT;
    PERFORM phone_crypt.begin_batch();
    CALL phone_crypt.change_table(relation, ARRAY[
        pg_catalog.format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE', relation),
        pg_catalog.format('SELECT phone_crypt.drop_plain_column(%L, %L, %L)', relation, column_name, verified)], failure);
    PERFORM phone_crypt.job_unlock(relation);
    COMMIT;
    PERFORM phone_crypt.begin_batch();
    RAISE NOTICE '%', phone_crypt.plain_remains(title, relation);
    PERFORM phone_crypt.end_batch(callers);
END;
$$;
COMMENT ON PROCEDURE phone_drop_plaintext(regclass, name, boolean) IS
    'verifies every row of a column that was encrypted, then drops what it was';

CREATE FUNCTION phone_crypt.drop_plain_column(relation regclass, column_name text, verified text) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    conversion phone_crypt.conversions := phone_crypt.conversion(relation, column_name);
    statement text;
BEGIN
    PERFORM phone_crypt.check_trigger(conversion, CASE conversion.state WHEN 'swapped' THEN verified END);
    PERFORM phone_crypt.check_obstacles_of_all(relation, conversion.plain_column, true);
    FOREACH statement IN ARRAY ARRAY[
        format('DROP TRIGGER %I ON %s', conversion.trigger, relation),
        format('DROP TRIGGER %I ON %s', conversion.marker, relation),
        format('ALTER TABLE %s DROP COLUMN %I', relation, conversion.plain_column)]
    LOOP
        PERFORM phone_crypt.run_as_owner(relation, statement);
    END LOOP;
    -- The way back, if somebody was on it, is given up.
    UPDATE phone_crypt.jobs AS j SET state = 'done', finished_at = clock_timestamp(), pid = NULL
     WHERE j.relation = drop_plain_column.relation AND j.column_name = drop_plain_column.column_name
       AND j.procedure = 'phone_decrypt_column' AND j.state = 'running';
END;
$$;
COMMENT ON FUNCTION phone_crypt.drop_plain_column(regclass, text, text) IS
    'behind phone_drop_plaintext: the drop, under its lock';

-- Where plain text of a dropped column still is.
CREATE FUNCTION phone_crypt.plain_remains(title text, relation regclass) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT format(E'%s: the column is gone. What still holds plain text, and what removes it:\n'
        '  the rows'' old versions:   VACUUM FULL %s; (locks the table; pg_repack does not)\n'
        '  statistics of the column: ANALYZE %2$s; VACUUM FULL pg_statistic; (their old versions)\n'
        '  the write-ahead log:      CHECKPOINT; and wait until old segments are recycled; archived ones by your retention\n'
        '  replicas:                 they follow; what they archive or back up themselves does not\n'
        '  backups and dumps:        delete those made before now, or keep them as you keep a key', title, relation)
$$;
COMMENT ON FUNCTION phone_crypt.plain_remains(text, regclass) IS
    'what still holds plain text after a column of it was dropped';
