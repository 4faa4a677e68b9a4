-- What the column procedures have in common: tables to go through, batches with a COMMIT each, and changes of a
-- table that need a lock.

-- The tables that hold rows: the partitions, or the table itself.
CREATE FUNCTION phone_crypt.leaves(relation regclass) RETURNS regclass[]
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    kind "char";
    tables regclass[];
    foreigner regclass;
BEGIN
    SELECT c.relkind INTO kind FROM pg_class AS c WHERE c.oid = relation;
    IF NOT FOUND AND relation IS NOT NULL THEN
        RAISE EXCEPTION 'relation with OID % does not exist', relation::oid USING ERRCODE = 'undefined_table';
    ELSIF kind IS DISTINCT FROM 'r' AND kind IS DISTINCT FROM 'p' THEN
        RAISE EXCEPTION '% is not a table', relation USING ERRCODE = 'wrong_object_type';
    END IF;
    IF EXISTS (SELECT FROM pg_class AS c WHERE c.oid = relation AND c.relispartition) THEN
        RAISE EXCEPTION '% is a partition', relation USING ERRCODE = 'wrong_object_type',
            HINT = 'Give the partitioned table: all its partitions are worked through.';
    END IF;
    IF kind = 'r' AND EXISTS (SELECT FROM pg_inherits AS i WHERE i.inhparent = relation) THEN
        RAISE EXCEPTION 'other tables inherit from %', relation USING ERRCODE = 'feature_not_supported',
            HINT = 'Work through them one by one after NO INHERIT, or make the table a partitioned one.';
    END IF;
    SELECT array_agg(t.relid ORDER BY t.relid) INTO tables
      FROM pg_partition_tree(relation) AS t WHERE t.isleaf;
    IF kind = 'r' THEN
        tables := ARRAY[relation];
    END IF;
    SELECT c.oid INTO foreigner FROM pg_class AS c WHERE c.oid = ANY (tables) AND c.relkind = 'f' LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'partition % is a foreign table', foreigner USING ERRCODE = 'feature_not_supported';
    END IF;
    SELECT c.oid INTO foreigner FROM pg_class AS c
     WHERE c.oid = ANY (tables)
       AND NOT EXISTS (SELECT FROM pg_index AS i WHERE i.indrelid = c.oid AND i.indisprimary) LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'table % has no primary key', foreigner
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = 'Rows are worked through in the order of the primary key: add one first, such as ALTER TABLE '
                         '... ADD COLUMN id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY.';
    END IF;
    RETURN coalesce(tables, '{}');
END;
$$;
COMMENT ON FUNCTION phone_crypt.leaves(regclass) IS
    'the partitions that hold the rows of a table, or the table itself';

-- How many rows of all leaves are still to be done.
CREATE FUNCTION phone_crypt.pending(work text, relation regclass, column_name text, arguments text[] DEFAULT '{}')
    RETURNS bigint
    LANGUAGE sql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(sum(phone_crypt.column_pending(work, leaf, column_name, arguments)), 0)::bigint
      FROM unnest(phone_crypt.leaves(relation)) AS l (leaf)
$$;
COMMENT ON FUNCTION phone_crypt.pending(text, regclass, text, text[]) IS
    'how many rows are still to be done';

-- The sum of the counts of rows that a pass has left as they were.
CREATE FUNCTION phone_crypt.left_over(counts jsonb) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(sum(value::bigint), 0)::bigint FROM jsonb_each_text(counts) AS c (name, value)
     WHERE starts_with(name, 'left_')
$$;
COMMENT ON FUNCTION phone_crypt.left_over(jsonb) IS
    'the sum of the counts whose names begin with left_';

CREATE FUNCTION phone_crypt.without_left_over(counts jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(jsonb_object_agg(name, value), '{}') FROM jsonb_each(counts) AS c (name, value)
     WHERE NOT starts_with(name, 'left_')
$$;
COMMENT ON FUNCTION phone_crypt.without_left_over(jsonb) IS
    'the counts whose names do not begin with left_';

-- Goes through the table until a pass has nothing left to do. Rows that others had locked are met in the next pass.
-- failure: NULL, and what goes wrong is raised; '', and it is given back as its SQLSTATE, for a run through many tables.
CREATE PROCEDURE phone_crypt.work_through(
    procedure text, work text, relation regclass, column_name text, batch_size integer, arguments text[],
    job bigint, INOUT counts jsonb, INOUT failure text
)
    LANGUAGE plpgsql
AS $$
DECLARE
    leaves pg_catalog.regclass[];
    leaf pg_catalog.regclass;
    batch pg_catalog.record;
    after pg_catalog.text[];
    size integer;
    -- After repeated unique violations rows are done one by one, so that only those that repeat a number lose.
    singles integer := 0;
    failures integer;
    -- Looking up every hash costs an eighth of the time. It begins with the first unique violation.
    looks_up boolean := false;
    done_before bigint;
    seen bigint := 0;
    changed bigint;
    pending bigint;
    idle_since pg_catalog.timestamptz := pg_catalog.clock_timestamp();
    state pg_catalog.text;
    path pg_catalog.text;
    message pg_catalog.text;
    detail pg_catalog.text;
    hint pg_catalog.text;
BEGIN
    -- Under another level each row that somebody changes meanwhile would stop a batch.
    COMMIT;
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
    -- The caller's own again, since the COMMIT: triggers of the table are to find what they find elsewhere.
    path := pg_catalog.current_setting('search_path');
    PERFORM phone_crypt.begin_batch();
    BEGIN
        leaves := phone_crypt.leaves(relation);
        SELECT j.done INTO done_before FROM phone_crypt.jobs AS j WHERE j.id OPERATOR(pg_catalog.=) job;
        -- What our own code refuses is said in its own words, before any batch.
        FOREACH leaf IN ARRAY leaves LOOP
            PERFORM phone_crypt.column_batch(work, leaf, column_name, NULL, 0, false, arguments);
        END LOOP;
    EXCEPTION WHEN OTHERS THEN
        IF failure IS NULL THEN
            RAISE;
        END IF;
        failure := SQLSTATE;
        RETURN;
    END;
    LOOP
        changed := 0;
        counts := phone_crypt.without_left_over(counts);
        FOREACH leaf IN ARRAY leaves LOOP
            after := NULL;
            failures := 0;
            LOOP
                size := CASE WHEN singles OPERATOR(pg_catalog.>) 0 THEN 1 ELSE batch_size END;
                state := NULL;
                BEGIN
                    -- Whoever is writing a row of the same hash is not waited for with a batch of rows locked.
                    PERFORM pg_catalog.set_config('lock_timeout', '100ms', true);
                    SELECT * INTO batch FROM phone_crypt.column_batch(
                        pg_catalog.concat(work, CASE WHEN failures OPERATOR(pg_catalog.>) 3
                                                      AND singles OPERATOR(pg_catalog.>) 0 THEN '_duplicate' END),
                        leaf, column_name, after, size, true, arguments, looks_up, path);
                    failures := 0;
                EXCEPTION
                    WHEN unique_violation THEN
                        GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT;
                        detail := NULL;
                        IF NOT looks_up THEN
                            looks_up := true;
                            CONTINUE;
                        END IF;
                        failures := failures OPERATOR(pg_catalog.+) 1;
                        IF NOT (failures OPERATOR(pg_catalog.>) 4 OR failures OPERATOR(pg_catalog.>) 3
                                AND work OPERATOR(pg_catalog.<>) ALL (ARRAY['encrypt', 'rehash', 'import', 'hash']))
                        THEN
                            IF failures OPERATOR(pg_catalog.>) 3 AND singles OPERATOR(pg_catalog.=) 0 THEN
                                singles := batch_size;
                                failures := 1;
                            END IF;
                            CONTINUE;
                        END IF;
                    WHEN deadlock_detected OR lock_not_available OR serialization_failure THEN
                        GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE;
                        message := '';
                        detail := NULL;
                        looks_up := true;
                        failures := failures OPERATOR(pg_catalog.+) 1;
                        IF failures OPERATOR(pg_catalog.<=) 300 THEN
                            PERFORM pg_catalog.pg_sleep(0.1);
                            CONTINUE;
                        END IF;
                    WHEN OTHERS THEN
                        GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT,
                            detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
                END;
                IF state IS NOT NULL AND failure IS NULL THEN
                    PERFORM phone_crypt.batch_failed(procedure, leaf, state, message, detail, hint);
                ELSIF state IS NOT NULL THEN
                    failure := state;
                    RETURN;
                END IF;
                singles := greatest(singles OPERATOR(pg_catalog.-) 1, 0);
                seen := seen OPERATOR(pg_catalog.+) batch.seen;
                changed := changed OPERATOR(pg_catalog.+) batch.changed;
                counts := phone_crypt.add_counts(counts, batch.counts::pg_catalog.jsonb);
                PERFORM phone_crypt.job_progress(job, done_before OPERATOR(pg_catalog.+) seen, counts);
                COMMIT;
                SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
                PERFORM phone_crypt.begin_batch();
                EXIT WHEN batch.seen OPERATOR(pg_catalog.<) size;
                after := batch.last;
            END LOOP;
        END LOOP;
        EXIT WHEN work OPERATOR(pg_catalog.=) 'check';
        BEGIN
            pending := phone_crypt.pending(work, relation, column_name, arguments);
            IF changed OPERATOR(pg_catalog.>) 0 THEN
                idle_since := pg_catalog.clock_timestamp();
            ELSIF pending OPERATOR(pg_catalog.>) phone_crypt.left_over(counts)
                  AND pg_catalog.clock_timestamp() OPERATOR(pg_catalog.>)
                      (idle_since OPERATOR(pg_catalog.+) interval '60 seconds')
            THEN
                RAISE EXCEPTION 'rows of table % have been locked by others for a minute', relation
                    USING ERRCODE = 'lock_not_available',
                          HINT = 'What was converted so far is kept. End the transactions that hold them and CALL it again.';
            END IF;
        EXCEPTION WHEN OTHERS THEN
            IF failure IS NULL THEN
                RAISE;
            END IF;
            failure := SQLSTATE;
            RETURN;
        END;
        EXIT WHEN pending OPERATOR(pg_catalog.<=) phone_crypt.left_over(counts);
        IF changed OPERATOR(pg_catalog.=) 0 THEN
            PERFORM pg_catalog.pg_sleep(0.2);
        END IF;
        COMMIT;
        SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
        PERFORM phone_crypt.begin_batch();
    END LOOP;
END;
$$;
COMMENT ON PROCEDURE phone_crypt.work_through(text, text, regclass, text, integer, text[], bigint, jsonb, text) IS
    'behind the column procedures: batches of one kind of work until nothing is left to do';

-- Ends a job in the transaction of the change that it was for: a run that is stopped between the two would leave a job
-- that nothing goes on with.
CREATE FUNCTION phone_crypt.job_end_sql(job bigint, details jsonb) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT format('SELECT phone_crypt.job_end(%L, %L)', job, details)
$$;
COMMENT ON FUNCTION phone_crypt.job_end_sql(bigint, jsonb) IS
    'the statement that ends a job';

-- Runs statements that need a lock on the table, in one transaction: it waits for the lock for a second at most,
-- so that nobody queues behind it for longer, and tries again. What can run code of the table's owner (defaults,
-- domains, expressions of indexes) is run in the owner's name. failure: as for work_through.
CREATE PROCEDURE phone_crypt.change_table(relation regclass, statements text[], INOUT failure text)
    LANGUAGE plpgsql
AS $$
DECLARE
    statement pg_catalog.text;
    attempts integer := 0;
BEGIN
    LOOP
        -- What was committed while the lock was waited for has to be seen once it is there.
        COMMIT;
        SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
        PERFORM phone_crypt.begin_batch();
        PERFORM pg_catalog.set_config('lock_timeout', '1s', true);
        BEGIN
            FOREACH statement IN ARRAY statements LOOP
                IF statement OPERATOR(pg_catalog.~) '^(ALTER TABLE|CREATE (UNIQUE )?INDEX|DROP INDEX) ' THEN
                    PERFORM phone_crypt.run_as_owner(relation, statement);
                ELSE
                    EXECUTE statement;
                END IF;
            END LOOP;
            EXIT;
        EXCEPTION
            WHEN lock_not_available OR deadlock_detected THEN
                attempts := attempts OPERATOR(pg_catalog.+) 1;
                IF attempts OPERATOR(pg_catalog.>=) 60 AND failure IS NULL THEN
                    RAISE EXCEPTION 'table % could not be locked in % attempts', relation, attempts
                        USING ERRCODE = 'lock_not_available',
                              HINT = 'Look in pg_stat_activity for long transactions that use it, and CALL it again.';
                ELSIF attempts OPERATOR(pg_catalog.>=) 60 THEN
                    failure := '55P03';
                    RETURN;
                END IF;
            WHEN OTHERS THEN
                IF failure IS NULL THEN
                    RAISE;
                END IF;
                failure := SQLSTATE;
                RETURN;
        END;
        COMMIT;
        PERFORM pg_catalog.pg_sleep(0.5);
    END LOOP;
    COMMIT;
    PERFORM phone_crypt.begin_batch();
END;
$$;
COMMENT ON PROCEDURE phone_crypt.change_table(regclass, text[], text) IS
    'runs statements that need a short lock, and tries again where it could not acquire the lock';
