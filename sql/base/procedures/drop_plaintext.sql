-- phone_drop_plaintext: the column of plain text goes, once every row is known to say the same without it.

-- What would be lost with the column, or would keep it from going.
CREATE FUNCTION phone_crypt.check_droppable(relation regclass, column_name text) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    number smallint := (SELECT a.attnum FROM pg_attribute AS a
                         WHERE a.attrelid = relation AND a.attname = column_name AND NOT a.attisdropped);
    dependents text;
BEGIN
    IF EXISTS (SELECT FROM pg_constraint AS c WHERE c.conrelid = relation AND c.contype = 'p' AND number = ANY (c.conkey))
    THEN
        RAISE EXCEPTION 'column % is part of the primary key of table %', quote_ident(column_name), relation
            USING ERRCODE = 'dependent_objects_still_exist', HINT = 'Make a primary key of other columns first.';
    END IF;
    SELECT string_agg(DISTINCT pg_describe_object(d.classid, d.objid, d.objsubid), ', ') INTO dependents
      FROM pg_depend AS d
     WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = relation AND d.refobjsubid = number
       AND (d.deptype = 'n' AND NOT (d.classid = 'pg_constraint'::regclass AND EXISTS (
                SELECT FROM pg_constraint AS c WHERE c.oid = d.objid AND c.conrelid = relation))
            OR d.classid = 'pg_attrdef'::regclass AND EXISTS (
                SELECT FROM pg_attrdef AS f JOIN pg_attribute AS a ON a.attrelid = f.adrelid AND a.attnum = f.adnum
                 WHERE f.oid = d.objid AND a.attgenerated <> '')
            -- As PostgreSQL 14 has it.
            OR d.classid = 'pg_class'::regclass AND d.objid = relation AND EXISTS (
                SELECT FROM pg_attribute AS a
                 WHERE a.attrelid = relation AND a.attnum = d.objsubid AND a.attgenerated <> ''));
    IF dependents IS NOT NULL THEN
        RAISE EXCEPTION 'other objects depend on column % of table %', quote_ident(column_name), relation
            USING ERRCODE = 'dependent_objects_still_exist', DETAIL = dependents,
                  HINT = 'Change them over to the encrypted column or its hash, or drop them.';
    END IF;
END;
$$;
COMMENT ON FUNCTION phone_crypt.check_droppable(regclass, text) IS
    'refuses a column that others depend on';

CREATE FUNCTION phone_crypt.check_complete(relation regclass, column_name text) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    pending bigint := phone_crypt.pending('encrypt', relation, column_name);
BEGIN
    IF pending > 0 THEN
        RAISE EXCEPTION '% rows of table % are not encrypted yet', pending, relation
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'CALL phone_add_encrypted_column() again: it goes on.';
    END IF;
END;
$$;
COMMENT ON FUNCTION phone_crypt.check_complete(regclass, text) IS
    '55000 while rows of a registered column are not encrypted';

-- Under the lock: what was written since the first look is looked at, and the column goes.
CREATE FUNCTION phone_crypt.drop_verified(relation regclass, column_name text, since xid) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    leaf regclass;
    differing bigint := 0;
BEGIN
    FOREACH leaf IN ARRAY phone_crypt.leaves(relation) LOOP
        differing := differing + phone_crypt.column_differing(leaf, column_name, since);
    END LOOP;
    IF differing > 0 THEN
        RAISE EXCEPTION '% rows of table % differ from what is encrypted', differing, relation
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = 'They were written while the table was being verified, past its trigger. CALL it again to count them all.';
    END IF;
    PERFORM phone_crypt.run_as_owner(relation, format('ALTER TABLE %s DROP COLUMN %I', relation, column_name));
    UPDATE phone_crypt.columns AS c SET has_plaintext = false
     WHERE c.relation = drop_verified.relation AND c.column_name = drop_verified.column_name;
END;
$$;
COMMENT ON FUNCTION phone_crypt.drop_verified(regclass, text, xid) IS
    'behind phone_drop_plaintext: the last look and the drop';

CREATE PROCEDURE phone_drop_plaintext(
    "table" regclass, "column" name, batch_size integer DEFAULT 5000, dry_run boolean DEFAULT false
)
    LANGUAGE plpgsql
AS $$
#variable_conflict use_variable
DECLARE
    spec phone_crypt.columns;
    job bigint;
    counts pg_catalog.jsonb := '{}';
    since pg_catalog.xid;
    title pg_catalog.text;
    failure pg_catalog.text;
    callers pg_catalog.text[] := phone_crypt.begin_batch();
BEGIN
    IF phone_crypt.is_encrypted_column("table", "column"::pg_catalog.text) THEN
        PERFORM phone_crypt.end_batch(callers);
        CALL phone_crypt.drop_plain("table", "column"::pg_catalog.text, dry_run);
        RETURN;
    END IF;
    spec := phone_crypt.registered("table", "column");
    PERFORM phone_crypt.check_owner("table");
    PERFORM phone_crypt.check_batch_size(batch_size);
    title := phone_crypt.job_title('phone_drop_plaintext', "table", "column");
    IF NOT spec.has_plaintext THEN
        RAISE NOTICE '%: there is no plain text any more', title;
        PERFORM phone_crypt.end_batch(callers);
        RETURN;
    END IF;
    PERFORM phone_crypt.check_droppable("table", "column");
    PERFORM phone_crypt.check_complete("table", "column");
    IF dry_run THEN
        RAISE NOTICE '%: dry run: every row is encrypted, and nothing else depends on the column', title;
        PERFORM phone_crypt.end_batch(callers);
        RETURN;
    END IF;

    PERFORM phone_crypt.job_lock("table");
    -- Whatever this snapshot cannot see was written by a transaction that is not older than this.
    since := pg_catalog.pg_snapshot_xmin(pg_catalog.pg_current_snapshot())::pg_catalog.xid;
    SELECT b.job INTO job
      FROM phone_crypt.job_begin('phone_drop_plaintext', "table", "column",
                                 phone_crypt.pending('check', "table", "column")) AS b;
    UPDATE phone_crypt.jobs AS j SET done = 0, total = j.total OPERATOR(pg_catalog.-) j.done 
     WHERE j.id OPERATOR(pg_catalog.=) job;
    COMMIT;
    CALL phone_crypt.work_through('phone_drop_plaintext', 'check', "table", "column", batch_size, '{}', job, counts,
                                  failure);
    IF coalesce((counts OPERATOR(pg_catalog.->>) 'differs')::bigint, 0) OPERATOR(pg_catalog.>) 0 THEN
        RAISE EXCEPTION '% rows of table % differ from what is encrypted', counts OPERATOR(pg_catalog.->>) 'differs', "table"
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = 'They were written past the trigger. Set their encrypted column and original to NULL and CALL phone_add_encrypted_column() again.';
    END IF;
    CALL phone_crypt.change_table("table", ARRAY[
        pg_catalog.format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE', "table"),
        pg_catalog.format('SELECT phone_crypt.drop_verified(%L, %L, %L)', "table", "column", since),
        phone_crypt.job_end_sql(job, counts)], failure);
    PERFORM phone_crypt.job_unlock("table");
    COMMIT;
    PERFORM phone_crypt.begin_batch();
    RAISE NOTICE '%', phone_crypt.plain_remains(title, "table");
END;
$$;
COMMENT ON PROCEDURE phone_drop_plaintext(regclass, name, integer, boolean) IS
    'verifies every row of an encrypted column, then drops the column of plain text';
