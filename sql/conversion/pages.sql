-- Work on every row of a table, page by page, a COMMIT after each batch.

-- How many pages make a batch of about so many rows.
CREATE FUNCTION phone_crypt.pages_of_batch(relation regclass, batch_size integer) RETURNS bigint
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    -- Where nothing is known of the table, a page counts as 60 rows.
    SELECT greatest(1, batch_size * greatest(c.relpages, 1) / greatest(c.reltuples, 60.0 * c.relpages, 60))::bigint
      FROM pg_class AS c WHERE c.oid = relation
$$;
COMMENT ON FUNCTION phone_crypt.pages_of_batch(regclass, integer) IS
    'how many pages of a table have about so many rows';

CREATE FUNCTION phone_crypt.page_count(relation regclass) RETURNS bigint
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT pg_relation_size(relation) / current_setting('block_size')::bigint
$$;
COMMENT ON FUNCTION phone_crypt.page_count(regclass) IS
    'how many pages a table has';

-- Goes through the table until a pass leaves no row that the work could still be done on; rows that others had locked are
-- met in the next pass. keep_repeated: see keeps_repeated of
-- phone_crypt.page_batch(). failure: NULL, and what goes wrong is raised; '', and
-- it is given back as its SQLSTATE, for a run through many tables.
CREATE PROCEDURE phone_crypt.work_through_pages(
    procedure text, work text, relation regclass, column_name text, plain text, source text, pending text,
    keep_repeated boolean, batch_size integer, job bigint, INOUT counts jsonb, INOUT failure text
)
    LANGUAGE plpgsql
AS $$
DECLARE
    path pg_catalog.text;
    keeps_repeated boolean;
    batch pg_catalog.record;
    pages bigint;
    page bigint;
    step bigint;
    left_over bigint;
    fewest bigint;
    passes integer := 0;
    -- Rows of which so many are left to the lock of the swap.
    few constant bigint := CASE WHEN work OPERATOR(pg_catalog.=) ANY (ARRAY['read', 'read_with_spelling', 'decrypt'])
                           THEN 1000 ELSE 0 END;
    unreadable bigint;
    attempts integer;
    state pg_catalog.text;
    message pg_catalog.text;
    hint pg_catalog.text;
    idle_since pg_catalog.timestamptz := pg_catalog.clock_timestamp();
    done bigint;
BEGIN
    COMMIT;
    -- Under another level each row that somebody changes meanwhile would stop a batch.
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
    -- The caller's own: triggers of the table are to find what they find elsewhere.
    path := pg_catalog.current_setting('search_path');
    PERFORM phone_crypt.begin_batch();
    SELECT j.done INTO done FROM phone_crypt.jobs AS j WHERE j.id OPERATOR(pg_catalog.=) job;
    LOOP
        unreadable := 0;
        page := 0;
        pages := phone_crypt.page_count(relation);
        step := phone_crypt.pages_of_batch(relation, batch_size);
        WHILE page OPERATOR(pg_catalog.<) pages LOOP
            attempts := 0;
            keeps_repeated := false;
            LOOP
                state := NULL;
                BEGIN
                    PERFORM pg_catalog.set_config('lock_timeout', '100ms', true);
                    SELECT * INTO batch FROM phone_crypt.page_batch(work, relation, column_name, plain, source, pending, page,
                                                                    page OPERATOR(pg_catalog.+) step, keeps_repeated, path);
                EXCEPTION
                    WHEN deadlock_detected OR lock_not_available OR serialization_failure THEN
                        state := SQLSTATE;
                        message := '';
                        attempts := attempts OPERATOR(pg_catalog.+) 1;
                        IF attempts OPERATOR(pg_catalog.<=) 300 THEN
                            PERFORM pg_catalog.pg_sleep(0.1);
                            CONTINUE;
                        END IF;
                    WHEN OTHERS THEN
                        IF SQLSTATE OPERATOR(pg_catalog.=) '23505' AND keep_repeated AND NOT keeps_repeated THEN
                            keeps_repeated := true;
                            CONTINUE;
                        END IF;
                        GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT,
                            hint = PG_EXCEPTION_HINT;
                END;
                EXIT;
            END LOOP;
            IF state IS NOT NULL AND failure IS NULL THEN
                PERFORM phone_crypt.batch_failed(procedure, relation, state, message, hint);
            ELSIF state IS NOT NULL THEN
                failure := state;
                RETURN;
            END IF;
            unreadable := unreadable OPERATOR(pg_catalog.+) batch.unreadable;
            done := done OPERATOR(pg_catalog.+) batch.changed;
            counts := phone_crypt.add_counts(counts, pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
                CASE WHEN work OPERATOR(pg_catalog.=) 'decrypt' THEN 'decrypted'
                     WHEN work OPERATOR(pg_catalog.=) ANY (ARRAY['reencrypt', 'rehash']) THEN 'rotated' ELSE 'encrypted' END,
                batch.changed OPERATOR(pg_catalog.-) batch.repaired OPERATOR(pg_catalog.-) batch.texts
                OPERATOR(pg_catalog.-) batch.repeated,
                'repaired', CASE WHEN batch.repaired OPERATOR(pg_catalog.>) 0 THEN batch.repaired END,
                'kept_as_text', CASE WHEN batch.texts OPERATOR(pg_catalog.>) 0 THEN batch.texts END,
                'repeated_kept_as_text', CASE WHEN batch.repeated OPERATOR(pg_catalog.>) 0 THEN batch.repeated END)));
            PERFORM phone_crypt.job_progress(job, done, counts);
            COMMIT;
            SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
            PERFORM phone_crypt.begin_batch();
            page := page OPERATOR(pg_catalog.+) step;
        END LOOP;
        left_over := phone_crypt.count_as_owner(relation, pending);
        EXIT WHEN left_over OPERATOR(pg_catalog.<=) unreadable;
        -- Who writes all the time leaves some after every pass.
        passes := passes OPERATOR(pg_catalog.+) 1;
        EXIT WHEN passes OPERATOR(pg_catalog.>=) 3
              AND (left_over OPERATOR(pg_catalog.-) unreadable) OPERATOR(pg_catalog.<=) few;
        -- Not what was changed: a trigger may undo it.
        IF fewest IS NULL OR left_over OPERATOR(pg_catalog.<) fewest THEN
            fewest := left_over;
            idle_since := pg_catalog.clock_timestamp();
        ELSIF pg_catalog.clock_timestamp() OPERATOR(pg_catalog.>)
              (idle_since OPERATOR(pg_catalog.+) interval '60 seconds') THEN
            IF failure IS NOT NULL THEN
                failure := '55P03';
                RETURN;
            END IF;
            RAISE EXCEPTION 'rows of table % have been locked by others for a minute, or a trigger keeps them as they are',
                relation
                USING ERRCODE = 'lock_not_available',
                      HINT = 'What was converted so far is kept. End the transactions that hold them and CALL it again.';
        ELSE
            PERFORM pg_catalog.pg_sleep(0.2);
        END IF;
        COMMIT;
        SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
        PERFORM phone_crypt.begin_batch();
    END LOOP;
    counts := phone_crypt.add_counts(counts, pg_catalog.jsonb_build_object('unreadable', unreadable));
END;
$$;
COMMENT ON PROCEDURE phone_crypt.work_through_pages(text, text, regclass, text, text, text, text, boolean, integer, bigint, jsonb, text) IS
    'batches of one kind of work on the pages of a table until nothing is left to do';
