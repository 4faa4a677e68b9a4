-- phone_rotate_hash_key: another key hashes, and every column of type encrypted_phone or encrypted_email is under it, from one commit on:
--   1. each column gets another one beside it, under the new key (rehash_column.sql), while the application goes on;
--   2. the change is announced, so that whoever hashes from then on can be waited for (src/keys/hash_key_change.rs);
--   3. in one transaction, the new columns take the names of the old ones, and the pin names the new key.
-- A run that was stopped goes on where it was.

-- Announces that a key is about to become the hash key, together with these tables.
CREATE FUNCTION phone_crypt.pin_next_hash(key_id text, relations regclass[]) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    LOCK TABLE phone_crypt.pinned_keys IN EXCLUSIVE MODE;
    DELETE FROM phone_crypt.pinned_keys AS p WHERE p.role = 'next_hash';
    INSERT INTO phone_crypt.pinned_keys (role, key_id, fingerprint, tables)
    SELECT 'next_hash', p.key_id, p.fingerprint, nullif(array_to_string(relations::oid[], ','), '')
      FROM phone_crypt.pinned_keys AS p WHERE p.key_id = pin_next_hash.key_id LIMIT 1;
END;
$$;
COMMENT ON FUNCTION phone_crypt.pin_next_hash(text, regclass[]) IS
    'behind phone_rotate_hash_key: announces the next hash key; NULL takes it back';

-- The lock that keeps everybody from hashing until the change is there.
CREATE FUNCTION phone_crypt.lock_pins() RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    LOCK TABLE phone_crypt.pinned_keys IN ACCESS EXCLUSIVE MODE;
END;
$$;
COMMENT ON FUNCTION phone_crypt.lock_pins() IS
    'behind phone_rotate_hash_key: locks the pins';

-- The announced key becomes the hash key.
CREATE FUNCTION phone_crypt.pin_hash(key_id text) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    UPDATE phone_crypt.pinned_keys AS p SET key_id = n.key_id, fingerprint = n.fingerprint, pinned_at = now()
      FROM phone_crypt.pinned_keys AS n
     WHERE p.role = 'hash' AND n.role = 'next_hash' AND n.key_id = pin_hash.key_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the database was pinned anew meanwhile' USING ERRCODE = 'object_not_in_prerequisite_state',
            HINT = 'CALL it again.';
    END IF;
    DELETE FROM phone_crypt.pinned_keys AS p WHERE p.role = 'next_hash';
END;
$$;
COMMENT ON FUNCTION phone_crypt.pin_hash(text) IS
    'behind phone_rotate_hash_key: pins the hash key that was announced';

-- Refuses a key that cannot become the hash key; gives the present one.
CREATE FUNCTION phone_crypt.check_hash_key(key_id text) RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    present text := (SELECT k.key_id FROM phone_crypt.keys AS k WHERE k.role = 'hash');
    other text;
BEGIN
    IF present IS NULL THEN
        RAISE EXCEPTION 'the database is not pinned to its keys' USING ERRCODE = 'object_not_in_prerequisite_state',
            HINT = 'The pin tells every session which key hashes: SELECT phone_crypt_pin_keys();';
    ELSIF current_setting('phone_crypt.hash_key_id') <> '' THEN
        RAISE EXCEPTION 'phone_crypt.hash_key_id is set, so this session would be refused afterwards'
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = 'Take the setting away on every server first: the pin says the same.';
    ELSIF NOT EXISTS (SELECT FROM phone_crypt.keys AS k WHERE k.key_id = check_hash_key.key_id) THEN
        RAISE EXCEPTION 'the database is not pinned to a key of that id' USING ERRCODE = 'object_not_in_prerequisite_state',
            HINT = 'Pin it as the next one, so that every server must have it: SELECT phone_crypt_pin_keys(''<key id>'');';
    END IF;
    SELECT r.hash_key_id INTO other FROM phone_crypt.hash_rotations AS r
     WHERE r.hash_key_id NOT IN (check_hash_key.key_id, 'columns') AND check_hash_key.key_id <> present;
    IF FOUND THEN
        RAISE EXCEPTION 'columns are on their way to hash key % already', other
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = format('CALL phone_rotate_hash_key(%L) goes on with it, phone_rotate_hash_key(%L) gives it up.', other,
                                present);
    END IF;
    RETURN present;
END;
$$;
COMMENT ON FUNCTION phone_crypt.check_hash_key(text) IS
    'refuses a key that cannot become the hash key; gives the present one';

-- The columns of the type that a change of the hash key concerns: all but those of temporary tables.
CREATE FUNCTION phone_crypt.rehashed_columns() RETURNS TABLE (relation regclass, column_name text)
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT e.relation, e.column_name::text FROM phone_crypt.encrypted_columns AS e JOIN pg_class AS t ON t.oid = e.relation
     WHERE t.relpersistence <> 't'
     ORDER BY 1, 2
$$;
COMMENT ON FUNCTION phone_crypt.rehashed_columns() IS
    'the columns that phone_rotate_hash_key goes through';

-- Until every transaction has ended that may have hashed without having heard of what was announced. At most a minute.
CREATE PROCEDURE phone_crypt.wait_for_transactions()
    LANGUAGE plpgsql
AS $$
DECLARE
    others pg_catalog.text[];
    patience_ends pg_catalog.timestamptz := pg_catalog.clock_timestamp() OPERATOR(pg_catalog.+) interval '60 seconds';
BEGIN
    SELECT pg_catalog.array_agg(l.virtualtransaction) INTO others
      FROM pg_catalog.pg_locks AS l JOIN pg_catalog.pg_stat_activity AS a ON a.pid OPERATOR(pg_catalog.=) l.pid
     WHERE l.locktype OPERATOR(pg_catalog.=) 'virtualxid' AND l.granted AND a.pid OPERATOR(pg_catalog.<>) pg_catalog.pg_backend_pid()
       AND a.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()
       -- VACUUM, by hand or not, hashes nothing.
       AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_progress_vacuum AS v WHERE v.pid OPERATOR(pg_catalog.=) a.pid);
    WHILE EXISTS (SELECT FROM pg_catalog.pg_locks AS l
                   WHERE l.locktype OPERATOR(pg_catalog.=) 'virtualxid' AND l.granted
                     AND l.virtualtransaction OPERATOR(pg_catalog.=) ANY (others)) LOOP
        IF pg_catalog.clock_timestamp() OPERATOR(pg_catalog.>) patience_ends THEN
            RAISE EXCEPTION 'transactions that began before the change of the hash key are still open'
                USING ERRCODE = 'lock_not_available', HINT = 'End them, and CALL it again: pg_stat_activity, xact_start.';
        END IF;
        COMMIT;
        PERFORM pg_catalog.pg_sleep(0.05);
        PERFORM phone_crypt.begin_batch();
    END LOOP;
END;
$$;
COMMENT ON PROCEDURE phone_crypt.wait_for_transactions() IS
    'waits until every transaction that is open now has ended';

-- Nobody waits for the change longer than for a deadlock to be looked for.
CREATE FUNCTION phone_crypt.lock_for_hash_key(relations regclass[]) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    relation regclass;
    patience integer := extract(epoch FROM current_setting('deadlock_timeout')::interval) * 500;
BEGIN
    PERFORM set_config('lock_timeout', least(patience, 500)::text, true);
    PERFORM phone_crypt.lock_pins();
    FOREACH relation IN ARRAY relations LOOP
        EXECUTE format('LOCK TABLE ONLY %s IN ACCESS EXCLUSIVE MODE', relation);
    END LOOP;
END;
$$;
COMMENT ON FUNCTION phone_crypt.lock_for_hash_key(regclass[]) IS
    'behind phone_rotate_hash_key: the locks of the change';

-- Under the locks.
CREATE FUNCTION phone_crypt.change_hash_key(key_id text, relations regclass[], names text[], verified text[]) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    made text;
BEGIN
    PERFORM phone_crypt.check_no_other_values();
    SELECT format('%s.%I', c.relation, c.column_name) INTO made FROM phone_crypt.rehashed_columns() AS c
     WHERE key_id <> (SELECT k.key_id FROM phone_crypt.keys AS k WHERE k.role = 'hash')
       AND NOT EXISTS (SELECT FROM unnest(relations, names) AS n (relation, column_name)
                        WHERE (n.relation, n.column_name) = (c.relation, c.column_name)) LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'column % was made meanwhile', made
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'CALL it again.';
    END IF;
    FOR i IN 1 .. cardinality(names) LOOP
        PERFORM phone_crypt.swap_rehashed(relations[i], names[i], verified[i]);
    END LOOP;
    PERFORM phone_crypt.pin_hash(key_id);
END;
$$;
COMMENT ON FUNCTION phone_crypt.change_hash_key(text, regclass[], text[], text[]) IS
    'behind phone_rotate_hash_key: the change itself';

-- Gives up what is on its way to another key.
CREATE PROCEDURE phone_crypt.give_up_rehash(key_id text)
    LANGUAGE plpgsql
AS $$
DECLARE
    relations pg_catalog.regclass[];
    names pg_catalog.text[];
    failure pg_catalog.text;
BEGIN
    SELECT pg_catalog.array_agg(r.relation ORDER BY r.relation, r.column_name),
           pg_catalog.array_agg(r.column_name::pg_catalog.text ORDER BY r.relation, r.column_name)
      INTO relations, names FROM phone_crypt.hash_rotations AS r
     WHERE r.hash_key_id OPERATOR(pg_catalog.<>) key_id;
    FOR i IN 1 .. coalesce(pg_catalog.cardinality(names), 0) LOOP
        PERFORM phone_crypt.job_lock(relations[i]);
        CALL phone_crypt.change_table(relations[i], phone_crypt.drop_rehash_sql(phone_crypt.hash_rotation(relations[i], names[i])),
                                      failure);
        PERFORM phone_crypt.job_unlock(relations[i]);
        UPDATE phone_crypt.jobs AS j SET state = 'done', finished_at = pg_catalog.clock_timestamp(), pid = NULL
         WHERE j.relation OPERATOR(pg_catalog.=) relations[i] AND j.column_name OPERATOR(pg_catalog.=) names[i]::pg_catalog.name
           AND j.procedure OPERATOR(pg_catalog.=) 'phone_rotate_hash_key' AND j.state OPERATOR(pg_catalog.=) 'running';
        RAISE NOTICE '%: given up', phone_crypt.job_title('phone_rotate_hash_key', relations[i], names[i]::pg_catalog.name);
    END LOOP;
    PERFORM phone_crypt.pin_next_hash(NULL, NULL);
    COMMIT;
    PERFORM phone_crypt.begin_batch();
END;
$$;
COMMENT ON PROCEDURE phone_crypt.give_up_rehash(text) IS
    'behind phone_rotate_hash_key: gives up what is on its way to another key';

CREATE PROCEDURE phone_rotate_hash_key(key_id text, batch_size integer DEFAULT 5000, dry_run boolean DEFAULT false)
    LANGUAGE plpgsql
AS $$
#variable_conflict use_variable
DECLARE
    present pg_catalog.text;
    relations pg_catalog.regclass[];
    names pg_catalog.text[];
    verified pg_catalog.text[];
    one pg_catalog.text;
    others bigint;
    failure pg_catalog.text;
    is_ready boolean;
    is_waiting boolean := false;
    moved bigint;
    unreadable bigint;
    callers pg_catalog.text[] := phone_crypt.begin_batch();
BEGIN
    IF key_id IS NULL OR dry_run IS NULL THEN
        RAISE EXCEPTION 'key_id and dry_run must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    PERFORM phone_crypt.check_batch_size(batch_size);
    PERFORM phone_crypt.check_keys();
    IF NOT dry_run THEN
        PERFORM phone_crypt.check_lasting_keys();
    END IF;
    present := phone_crypt.check_hash_key(key_id);
    IF NOT dry_run THEN
        PERFORM phone_crypt.check_lasting_keys(key_id);
    END IF;
    IF key_id OPERATOR(pg_catalog.=) present AND NOT dry_run THEN
        CALL phone_crypt.give_up_rehash(key_id);
    END IF;
    SELECT pg_catalog.array_agg(c.relation ORDER BY c.relation, c.column_name),
           pg_catalog.array_agg(c.column_name ORDER BY c.relation, c.column_name)
      INTO relations, names FROM phone_crypt.rehashed_columns() AS c
     -- Where the key stays, only columns that hold values under another one, as a backup of earlier times may.
     WHERE key_id OPERATOR(pg_catalog.<>) present
        OR phone_crypt.count_as_owner(c.relation, phone_crypt.not_under_hash_keys(c.relation, c.column_name, ARRAY[key_id]))
           OPERATOR(pg_catalog.>) 0
        OR (phone_crypt.hash_rotation(c.relation, c.column_name)).relation IS NOT NULL;
    relations := coalesce(relations, '{}');
    names := coalesce(names, '{}');
    verified := pg_catalog.array_fill(NULL::pg_catalog.text, ARRAY[pg_catalog.cardinality(names)]);
    PERFORM phone_crypt.check_no_other_values();
    FOR i IN 1 .. pg_catalog.cardinality(names) LOOP
        PERFORM phone_crypt.check_rehashable(relations[i], names[i]);
    END LOOP;
    SELECT pg_catalog.count(*) INTO others FROM phone_crypt.encrypted_columns AS e
      JOIN pg_catalog.pg_class AS t ON t.oid OPERATOR(pg_catalog.=) e.relation
     WHERE t.relpersistence OPERATOR(pg_catalog.=) 't';
    IF others OPERATOR(pg_catalog.>) 0 THEN
        RAISE WARNING '% columns of temporary tables are left under the present hash key', others
            USING HINT = 'No look-up finds their values afterwards.';
    END IF;
    FOR i IN 1 .. pg_catalog.cardinality(names) LOOP
        PERFORM phone_crypt.warn_of_order(phone_crypt.job_title('phone_rotate_hash_key', relations[i], names[i]::pg_catalog.name),
            relations[i], a.attnum, 32767::smallint)
           FROM pg_catalog.pg_attribute AS a
          WHERE a.attrelid OPERATOR(pg_catalog.=) relations[i] AND a.attname OPERATOR(pg_catalog.=) names[i]::pg_catalog.name;
        IF dry_run THEN
            RAISE NOTICE '%: dry run: rows under another hash key %',
                phone_crypt.job_title('phone_rotate_hash_key', relations[i], names[i]::pg_catalog.name),
                phone_crypt.count_as_owner(relations[i], phone_crypt.not_under_hash_keys(relations[i], names[i], ARRAY[key_id]));
        ELSE
            PERFORM phone_crypt.job_lock(relations[i]);
        END IF;
    END LOOP;
    IF dry_run THEN
        PERFORM phone_crypt.end_batch(callers);
        RETURN;
    END IF;
    COMMIT;
    FOR i IN 1 .. pg_catalog.cardinality(names) LOOP
        CALL phone_crypt.prepare_rehash(relations[i], names[i], key_id, is_ready);
        is_waiting := is_waiting OR NOT is_ready;
    END LOOP;
    FOR i IN 1 .. CASE WHEN is_waiting THEN 0 ELSE pg_catalog.cardinality(names) END LOOP
        CALL phone_crypt.fill_rehash(relations[i], names[i], batch_size);
    END LOOP;
    -- A constraint may be of several columns: they are all filled by now.
    FOR i IN 1 .. CASE WHEN is_waiting THEN 0 ELSE pg_catalog.cardinality(names) END LOOP
        CALL phone_crypt.verify_rehash(relations[i], names[i], key_id, one);
        verified[i] := one;
    END LOOP;
    PERFORM phone_crypt.begin_batch();
    IF NOT is_waiting AND (key_id OPERATOR(pg_catalog.<>) present OR pg_catalog.cardinality(names) OPERATOR(pg_catalog.>) 0) THEN
        PERFORM phone_crypt.pin_next_hash(key_id, relations);
        COMMIT;
        PERFORM phone_crypt.begin_batch();
        CALL phone_crypt.wait_for_transactions();
        CALL phone_crypt.wait_for_snapshots();
        CALL phone_crypt.change_table('phone_crypt.pinned_keys', ARRAY[
            pg_catalog.format('SELECT phone_crypt.lock_for_hash_key(%L)', relations),
            pg_catalog.format('SELECT phone_crypt.change_hash_key(%L, %L, %L, %L)', key_id, relations, names, verified)],
            failure);
    END IF;
    FOR i IN 1 .. pg_catalog.cardinality(names) LOOP
        PERFORM phone_crypt.job_unlock(relations[i]);
    END LOOP;
    COMMIT;
    PERFORM phone_crypt.begin_batch();
    IF NOT is_waiting THEN
        RAISE NOTICE 'phone_rotate_hash_key: hashes are under key %', key_id;
        BEGIN
            RAISE NOTICE 'phone_rotate_hash_key: lists and blocks by phone: % changed', phone_crypt.rekey_phones();
        EXCEPTION WHEN OTHERS THEN
            RAISE WARNING 'phone_rotate_hash_key: lists and blocks by phone were not changed: SQLSTATE %', SQLSTATE
                USING HINT = 'CALL it again.';
        END;
        COMMIT;
        CALL phone_crypt.rekey_consents(moved, unreadable, failure);
        PERFORM phone_crypt.begin_batch();
        IF moved OPERATOR(pg_catalog.>) 0 THEN
            RAISE NOTICE 'phone_rotate_hash_key: consent and suppressed numbers: % changed', moved;
        END IF;
        IF failure OPERATOR(pg_catalog.<>) '' OR unreadable OPERATOR(pg_catalog.>) 0 THEN
            RAISE WARNING 'phone_rotate_hash_key: consent and suppressed numbers were not all changed: SQLSTATE %, not authentic: %',
                failure, unreadable
                USING HINT = 'CALL it again.';
        END IF;
    END IF;
    PERFORM phone_crypt.end_batch(callers);
END;
$$;
COMMENT ON PROCEDURE phone_rotate_hash_key(text, integer, boolean) IS
    'makes another key the hash key, with every column of type encrypted_phone or encrypted_email, online';
