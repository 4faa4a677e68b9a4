-- Retention: rows of encrypted columns whose time is over are deleted or set to NULL.

-- One batch, and again if others were in its way. PostgreSQL's own errors may show the row.
CREATE FUNCTION phone_crypt.try_purge_batch(
    "table" regclass, "column" text, leaf regclass, cutoff timestamptz, from_page bigint, batch_size integer,
    OUT next_page bigint, OUT changed bigint
)
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    FOR attempt IN 1 .. 10 LOOP
        BEGIN
            SELECT b.next_page, b.changed INTO next_page, changed
              FROM phone_crypt.purge_batch("table", "column", leaf, cutoff, from_page, batch_size) AS b;
            RETURN;
        EXCEPTION WHEN deadlock_detected OR serialization_failure OR lock_not_available THEN
            IF attempt = 10 THEN
                PERFORM phone_crypt.batch_failed('phone_purge_expired', leaf, SQLSTATE, '');
            END IF;
        END;
    END LOOP;
END;
$$;
COMMENT ON FUNCTION phone_crypt.try_purge_batch(regclass, text, regclass, timestamptz, bigint, integer) IS
    'purge_batch, again where others were in its way';

-- What there is to purge, and by when a row is too old. A month of a retention is a month of the calendar.
CREATE FUNCTION phone_crypt.retentions()
    RETURNS TABLE (relation regclass, column_name text, action text, cutoff timestamptz, is_owner boolean)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT e.relation, e.column_name, CASE e.on_forget WHEN 'delete' THEN 'deleted' ELSE 'set_to_null' END,
           statement_timestamp() - e.retention, pg_has_role(r.relowner, 'USAGE')
      FROM phone_crypt.encrypted_columns AS e JOIN pg_class AS r ON r.oid = e.relation
     WHERE e.retention > interval '0' AND r.relkind IN ('r', 'p')
     ORDER BY e.relation::text COLLATE "C", e.column_name
$$;
COMMENT ON FUNCTION phone_crypt.retentions() IS
    'encrypted columns with a retention, and the time before which their rows are due';

-- Partitions and tables that inherit alike. No primary key is needed, as it is elsewhere.
CREATE FUNCTION phone_crypt.tables_with_rows(relation regclass) RETURNS regclass[]
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    WITH RECURSIVE part (oid) AS (
        SELECT relation::oid
        UNION
        SELECT i.inhrelid FROM pg_inherits AS i JOIN part ON i.inhparent = part.oid
    )
    SELECT array_agg(part.oid::regclass ORDER BY part.oid) FROM part JOIN pg_class AS c USING (oid) WHERE c.relkind = 'r'
$$;
COMMENT ON FUNCTION phone_crypt.tables_with_rows(regclass) IS
    'the table and those that inherit from it, as far as they have rows of their own';

-- One column. What goes wrong is given back as its SQLSTATE, with the hint, which is of our own making: purge_batch lets
-- no text of PostgreSQL's through. The table's job lock is given back by the caller then.
CREATE PROCEDURE phone_crypt.purge_column(
    relation regclass, column_name text, action text, cutoff timestamptz, batch_size integer, dry_run boolean,
    INOUT failure text, INOUT hint text
)
    LANGUAGE plpgsql
AS $$
DECLARE
    leaves pg_catalog.regclass[];
    leaf pg_catalog.regclass;
    next_page bigint;
    changed bigint;
    job bigint;
    done bigint;
    due_rows bigint;
    pass integer := 0;
BEGIN
    PERFORM phone_crypt.begin_batch();
    BEGIN
        due_rows := phone_crypt.purge_count(relation, column_name, cutoff);
        IF dry_run THEN
            RAISE NOTICE 'phone_purge_expired %.%: would do: %', relation, column_name,
                phone_crypt.counts_text(pg_catalog.jsonb_build_object(action, due_rows));
            RETURN;
        END IF;
        PERFORM phone_crypt.job_lock(relation);
        SELECT b.job INTO job
          FROM phone_crypt.job_begin('phone_purge_expired', relation, column_name::pg_catalog.name, due_rows) AS b;
        SELECT j.done INTO done FROM phone_crypt.jobs AS j WHERE j.id OPERATOR(pg_catalog.=) job;
        leaves := phone_crypt.tables_with_rows(relation);
    EXCEPTION WHEN OTHERS THEN
        GET STACKED DIAGNOSTICS failure = RETURNED_SQLSTATE, hint = PG_EXCEPTION_HINT;
        RETURN;
    END;
    COMMIT;
    PERFORM phone_crypt.begin_batch();

    -- Rows that others have locked are met in another pass. What stays locked is left for the next run.
    LOOP
        pass := pass OPERATOR(pg_catalog.+) 1;
        FOREACH leaf IN ARRAY leaves LOOP
            next_page := 0;
            WHILE next_page IS NOT NULL LOOP
                BEGIN
                    SELECT b.next_page, b.changed INTO next_page, changed
                      FROM phone_crypt.try_purge_batch(relation, column_name, leaf, cutoff, next_page, batch_size) AS b;
                EXCEPTION WHEN OTHERS THEN
                    GET STACKED DIAGNOSTICS failure = RETURNED_SQLSTATE, hint = PG_EXCEPTION_HINT;
                    RETURN;
                END;
                IF changed OPERATOR(pg_catalog.>) 0 THEN
                    done := done OPERATOR(pg_catalog.+) changed;
                    PERFORM phone_crypt.job_progress(job, done, pg_catalog.jsonb_build_object(action, done));
                END IF;
                COMMIT;
                PERFORM phone_crypt.begin_batch();
            END LOOP;
        END LOOP;
        BEGIN
            due_rows := phone_crypt.purge_count(relation, column_name, cutoff);
        EXCEPTION WHEN OTHERS THEN
            GET STACKED DIAGNOSTICS failure = RETURNED_SQLSTATE, hint = PG_EXCEPTION_HINT;
            RETURN;
        END;
        EXIT WHEN due_rows OPERATOR(pg_catalog.=) 0 OR pass OPERATOR(pg_catalog.>=) 10;
        COMMIT;
        PERFORM pg_catalog.pg_sleep(0.2);
        PERFORM phone_crypt.begin_batch();
    END LOOP;
    PERFORM phone_crypt.job_end(job, pg_catalog.jsonb_build_object(action, done, 'left_for_the_next_run', due_rows));
    COMMIT;
    PERFORM phone_crypt.begin_batch();
    PERFORM phone_crypt.job_unlock(relation);
END;
$$;
COMMENT ON PROCEDURE phone_crypt.purge_column(regclass, text, text, timestamptz, integer, boolean, text, text) IS
    'behind phone_purge_expired: one column';

CREATE PROCEDURE phone_purge_expired(batch_size integer DEFAULT 5000, dry_run boolean DEFAULT false)
    LANGUAGE plpgsql
AS $$
#variable_conflict use_variable
DECLARE
    item pg_catalog.record;
    failure pg_catalog.text;
    hint pg_catalog.text;
    failures pg_catalog.text[] := '{}';
    details pg_catalog.text[] := '{}';
    callers pg_catalog.text[] := phone_crypt.begin_batch();
BEGIN
    IF batch_size IS NULL OR dry_run IS NULL THEN
        RAISE EXCEPTION 'batch_size and dry_run must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    ELSIF batch_size OPERATOR(pg_catalog.<) 1 OR batch_size OPERATOR(pg_catalog.>) 1000000 THEN
        RAISE EXCEPTION 'batch_size must be between 1 and 1000000' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF NOT dry_run THEN
        PERFORM phone_crypt.check_may_commit();
    END IF;
    FOR item IN SELECT * FROM phone_crypt.retentions() LOOP
        IF NOT item.is_owner THEN
            RAISE WARNING 'phone_purge_expired leaves table % alone: its owner has to purge it', item.relation;
            CONTINUE;
        END IF;
        failure := '';
        CALL phone_crypt.purge_column(item.relation, item.column_name, item.action, item.cutoff, batch_size, dry_run,
                                      failure, hint);
        PERFORM phone_crypt.begin_batch();
        IF failure OPERATOR(pg_catalog.<>) '' THEN
            PERFORM phone_crypt.job_unlock(item.relation);
            failures := pg_catalog.array_append(failures, failure);
            details := pg_catalog.array_append(details, pg_catalog.format('%s.%s: %s', item.relation, item.column_name,
                                                                          failure));
            RAISE WARNING 'phone_purge_expired %.%: not purged: SQLSTATE %', item.relation, item.column_name, failure
                USING HINT = hint;
        END IF;
    END LOOP;
    IF NOT dry_run THEN
        BEGIN
            PERFORM phone_crypt.drop_ended_blocks();
        EXCEPTION WHEN OTHERS THEN
            failures := pg_catalog.array_append(failures, SQLSTATE);
            details := pg_catalog.array_append(details, pg_catalog.concat('numbers behind ended blocks: ', SQLSTATE));
            RAISE WARNING 'phone_purge_expired: numbers behind ended blocks were not dropped: SQLSTATE %', SQLSTATE;
        END;
    END IF;
    IF pg_catalog.cardinality(failures) OPERATOR(pg_catalog.>) 0 THEN
        IF NOT dry_run THEN
            COMMIT;
        END IF;
        RAISE EXCEPTION 'phone_purge_expired is incomplete: % failed', pg_catalog.cardinality(failures)
            USING ERRCODE = failures[1], DETAIL = pg_catalog.array_to_string(details, '; '),
                  HINT = 'What was done is kept. Remove the causes and CALL it again.';
    END IF;
    PERFORM phone_crypt.end_batch(callers);
END;
$$;
COMMENT ON PROCEDURE phone_purge_expired(integer, boolean) IS
    'deletes or sets to NULL the rows of encrypted columns that are older than their retention';
