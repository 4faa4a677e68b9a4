-- The legacy application's rate_limits: rows of phones become rows of hashes, in the table or in the engine.

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

-- What a migration would do, from one reading of the table.
CREATE FUNCTION phone_crypt.preview_migration(
    source regclass, "window" interval, into_engine boolean, hashes boolean, others boolean
) RETURNS jsonb
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    counts jsonb;
BEGIN
    -- In place the hashes that are there already matter, since rows may meet them.
    WITH met AS (
        SELECT k.key, k.repaired, k.reason, k.kind = 'phone' AS is_phone,
               t.columns[2]::numeric / 1000 + extract(epoch FROM "window")::numeric
                   > extract(epoch FROM clock_timestamp())::numeric AS is_live
          FROM phone_crypt.read_as_owner(source, ARRAY['id', 'window_start']) AS t
         CROSS JOIN LATERAL phone_crypt.legacy_key(t.columns[1]) AS k
         WHERE t.columns[1] IS NOT NULL
           AND CASE k.kind WHEN 'phone' THEN true WHEN 'hash' THEN hashes OR NOT into_engine ELSE others END
    ), keys AS (
        SELECT m.key, m.reason, count(*) AS rows, count(*) FILTER (WHERE m.is_phone) AS phones,
               count(*) FILTER (WHERE m.repaired) AS repaired, count(*) FILTER (WHERE m.is_live) AS live
          FROM met AS m GROUP BY m.key, m.reason
    ), good AS (
        SELECT * FROM keys AS k WHERE k.reason IS NULL AND (k.phones > 0 OR into_engine)
    )
    SELECT jsonb_build_object(
               'converted', CASE WHEN NOT into_engine THEN sum(g.phones) END,
               'merged', CASE WHEN NOT into_engine THEN sum(g.rows - 1) END,
               'moved', CASE WHEN into_engine THEN sum(g.live) END,
               'expired', CASE WHEN into_engine THEN sum(g.rows - g.live) END,
               'repaired', sum(g.repaired))
           || coalesce((SELECT jsonb_object_agg(k.reason, k.rows) FROM keys AS k WHERE k.reason IS NOT NULL), '{}')
      INTO counts FROM good AS g;
    RETURN jsonb_strip_nulls(counts);
END;
$$;
COMMENT ON FUNCTION phone_crypt.preview_migration(regclass, interval, boolean, boolean, boolean) IS
    'the counts that phone_migrate_rate_limits would end with';

-- Hashes that this procedure did not make, under a scheme that would never give them.
CREATE FUNCTION phone_crypt.foreign_hashes(source regclass) RETURNS bigint
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF current_setting('phone_crypt.hash_scheme') LIKE 'raw%' OR EXISTS (
        SELECT FROM phone_crypt.jobs AS j
         WHERE j.procedure = 'phone_migrate_rate_limits' AND j.relation = source)
    THEN
        RETURN 0;
    END IF;
    RETURN phone_crypt.count_legacy_rows(source, false, true, false);
END;
$$;
COMMENT ON FUNCTION phone_crypt.foreign_hashes(regclass) IS
    'how many rows phone_hash:... of a table are raw hashes of the legacy application under a derived scheme';

CREATE PROCEDURE phone_migrate_rate_limits(
    source regclass DEFAULT NULL, target regclass DEFAULT NULL, "window" interval DEFAULT '1 hour',
    batch_size integer DEFAULT 5000, dry_run boolean DEFAULT false,
    existing_hashes text DEFAULT 'refuse', other_keys text DEFAULT 'leave'
)
    LANGUAGE plpgsql
AS $$
#variable_conflict use_variable
DECLARE
    callers_path pg_catalog.name[] := pg_catalog.current_schemas(true);
    into_engine boolean;
    hashes boolean;
    others boolean;
    foreign_rows bigint;
    job bigint;
    as_of pg_catalog.timestamptz;
    done bigint;
    counts pg_catalog.jsonb;
    batch pg_catalog.record;
    place pg_catalog.tid;
    pass_end pg_catalog.tid;
    pass integer := 0;
    pass_done bigint;
    failures integer := 0;
    state pg_catalog.text;
    message pg_catalog.text;
    idle_since pg_catalog.timestamptz := pg_catalog.clock_timestamp();
    callers pg_catalog.text[] := phone_crypt.begin_batch();
BEGIN
    IF "window" IS NULL OR batch_size IS NULL OR dry_run IS NULL OR existing_hashes IS NULL OR other_keys IS NULL THEN
        RAISE EXCEPTION 'window, batch_size, dry_run, existing_hashes and other_keys must not be NULL'
            USING ERRCODE = 'null_value_not_allowed';
    ELSIF batch_size OPERATOR(pg_catalog.<) 1 OR batch_size OPERATOR(pg_catalog.>) 1000000 THEN
        RAISE EXCEPTION 'batch_size must be between 1 and 1000000' USING ERRCODE = 'invalid_parameter_value';
    ELSIF "window" OPERATOR(pg_catalog.<) interval '1 millisecond'
          OR "window" OPERATOR(pg_catalog.>) interval '10 years' THEN
        RAISE EXCEPTION 'window must be between 1 millisecond and 10 years' USING ERRCODE = 'invalid_parameter_value';
    ELSIF existing_hashes OPERATOR(pg_catalog.<>) ALL (ARRAY['refuse', 'keep']) THEN
        RAISE EXCEPTION 'existing_hashes is refuse or keep' USING ERRCODE = 'invalid_parameter_value';
    ELSIF other_keys OPERATOR(pg_catalog.<>) ALL (ARRAY['leave', 'move']) THEN
        RAISE EXCEPTION 'other_keys is leave or move' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF source IS NULL THEN
        source := phone_crypt.find_legacy_table(callers_path);
        RAISE NOTICE 'phone_migrate_rate_limits: the source is table %', source;
    END IF;
    into_engine := coalesce(target OPERATOR(pg_catalog.=) 'phone_crypt.rate_limits'::pg_catalog.regclass, false);
    IF target OPERATOR(pg_catalog.<>) source AND NOT into_engine THEN
        RAISE EXCEPTION 'target is the source itself or phone_crypt.rate_limits'
            USING ERRCODE = 'invalid_parameter_value';
    ELSIF other_keys OPERATOR(pg_catalog.=) 'move' AND NOT into_engine THEN
        RAISE EXCEPTION 'other keys are moved into phone_crypt.rate_limits only'
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    hashes := into_engine AND existing_hashes OPERATOR(pg_catalog.=) 'refuse';
    others := other_keys OPERATOR(pg_catalog.=) 'move';
    PERFORM phone_crypt.check_legacy_table(source, into_engine);
    -- Without a good key not even the first row is looked at.
    PERFORM phone_crypt.legacy_key('phone:');
    IF NOT dry_run THEN
        PERFORM phone_crypt.check_lasting_keys();
    END IF;
    PERFORM phone_crypt.forget_known_keys();

    foreign_rows := CASE WHEN existing_hashes OPERATOR(pg_catalog.=) 'refuse'
                         THEN phone_crypt.foreign_hashes(source) ELSE 0 END;
    IF foreign_rows OPERATOR(pg_catalog.>) 0 AND NOT dry_run THEN
        RAISE EXCEPTION 'table % has % rows phone_hash:... that this procedure did not make', source, foreign_rows
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  DETAIL = 'They are raw hashes of the legacy application: under hash scheme derived, new ones would never meet them.',
                  HINT = 'Set phone_crypt.hash_scheme to raw to go on with them, or leave them behind: existing_hashes => ''keep''.';
    ELSIF dry_run THEN
        IF foreign_rows OPERATOR(pg_catalog.>) 0 THEN
            RAISE NOTICE 'phone_migrate_rate_limits %: would be refused: % rows phone_hash:... that it did not make',
                source, foreign_rows;
        END IF;
        RAISE NOTICE 'phone_migrate_rate_limits %: would do: %', source, phone_crypt.counts_text(
            phone_crypt.preview_migration(source, "window", into_engine, hashes, others));
        PERFORM phone_crypt.end_batch(callers);
        RETURN;
    END IF;

    PERFORM phone_crypt.check_may_commit();
    PERFORM phone_crypt.job_lock(source);
    SELECT b.job, b.as_of, b.details INTO job, as_of, counts
      FROM phone_crypt.job_begin('phone_migrate_rate_limits', source, NULL,
                                 phone_crypt.count_legacy_rows(source, true, hashes, others)) AS b;
    SELECT j.done INTO done FROM phone_crypt.jobs AS j WHERE j.id OPERATOR(pg_catalog.=) job;
    -- Under another level each row that somebody changes meanwhile would stop a batch.
    COMMIT;
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
    PERFORM phone_crypt.begin_batch();

    LOOP
        pass := pass OPERATOR(pg_catalog.+) 1;
        pass_done := 0;
        counts := phone_crypt.without_left_over(counts);
        place := '(0,0)';
        pass_end := pg_catalog.format('(%s,0)', pg_catalog.pg_relation_size(source)
                                      OPERATOR(pg_catalog./) pg_catalog.current_setting('block_size')::bigint);
        WHILE place IS NOT NULL LOOP
            state := NULL;
            BEGIN
                -- Whoever is writing a row of the same key is not waited for with a batch of rows locked.
                PERFORM pg_catalog.set_config('lock_timeout', '100ms', true);
                SELECT * INTO STRICT batch
                  FROM phone_crypt.migrate_batch(source, place, pass_end, batch_size, as_of, "window", hashes, others,
                                                 into_engine, looks_up_all => failures OPERATOR(pg_catalog.>) 0);
            EXCEPTION WHEN OTHERS THEN
                GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT;
            END;
            IF state IS NULL THEN
                failures := 0;
                pass_done := pass_done OPERATOR(pg_catalog.+) batch.changed;
                counts := phone_crypt.add_counts(counts, batch.counts);
                place := batch.last;
                PERFORM phone_crypt.job_progress(job, done OPERATOR(pg_catalog.+) pass_done, counts);
            ELSE
                -- Deadlock, unique violation, no lock, no serial order: what the others did is there by now.
                failures := failures OPERATOR(pg_catalog.+) 1;
                IF failures OPERATOR(pg_catalog.>=) 300
                   OR state OPERATOR(pg_catalog.<>) ALL (ARRAY['40P01', '23505', '55P03', '40001'])
                THEN
                    PERFORM phone_crypt.batch_failed('phone_migrate_rate_limits', source, state, message);
                ELSIF failures OPERATOR(pg_catalog.>) 1 THEN
                    PERFORM pg_catalog.pg_sleep(0.1);
                END IF;
            END IF;
            COMMIT;
            SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
            PERFORM phone_crypt.begin_batch();
        END LOOP;
        done := done OPERATOR(pg_catalog.+) pass_done;

        -- Rows that were locked, or came meanwhile, are met in another pass. An application that goes on writing
        -- plain keys could keep this up for ever.
        EXIT WHEN phone_crypt.count_legacy_rows(source, true, hashes, others)
                      OPERATOR(pg_catalog.<=) phone_crypt.left_over(counts)
               OR pass_done OPERATOR(pg_catalog.>) 0 AND pass OPERATOR(pg_catalog.>=) 10;
        IF pass_done OPERATOR(pg_catalog.>) 0 THEN
            idle_since := pg_catalog.clock_timestamp();
        ELSIF pg_catalog.clock_timestamp()
              OPERATOR(pg_catalog.>) (idle_since OPERATOR(pg_catalog.+) interval '60 seconds') THEN
            RAISE EXCEPTION 'rows of table % have been locked by others for a minute', source
                USING ERRCODE = 'lock_not_available',
                      HINT = 'What was converted so far is kept. End the transactions that hold them and CALL it again.';
        ELSE
            PERFORM pg_catalog.pg_sleep(0.2);
            COMMIT;
            SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
            PERFORM phone_crypt.begin_batch();
        END IF;
    END LOOP;
    PERFORM phone_crypt.forget_known_keys();
    PERFORM phone_crypt.job_end(job, counts);
    COMMIT;
    PERFORM phone_crypt.job_unlock(source);
END;
$$;
