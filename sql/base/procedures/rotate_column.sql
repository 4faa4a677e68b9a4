-- phone_rotate_column, phone_rotate_all: values under the primary key, hashes under the hash key.

CREATE FUNCTION phone_crypt.count_keys(relation regclass, column_name text)
    RETURNS TABLE (part text, key_id text, rows bigint)
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    spec phone_crypt.columns;
BEGIN
    spec := phone_crypt.registered(relation, column_name);
    IF NOT phone_crypt.are_text_columns(spec.relation, ARRAY[spec.encrypted_column, spec.hash_column]
                                        || CASE WHEN spec.raw_column IS NOT NULL THEN ARRAY[spec.raw_column] ELSE '{}' END)
    THEN
        RETURN;
    END IF;
    RETURN QUERY
    WITH counted AS MATERIALIZED (
        SELECT substr(r.columns[1], 36, 8) AS encrypted, r.columns[2] IS NOT NULL AS hashed,
               substr(r.columns[3], 36, 8) AS raw, count(*) AS rows
          FROM phone_crypt.read_as_owner(spec.relation, ARRAY[spec.encrypted_column, spec.hash_column]
                   || CASE WHEN spec.raw_column IS NOT NULL THEN ARRAY[spec.raw_column] ELSE '{}' END) AS r
         GROUP BY 1, 2, 3)
    SELECT 'encrypted', c.encrypted, sum(c.rows)::bigint FROM counted AS c WHERE c.encrypted IS NOT NULL GROUP BY 2
    UNION ALL
    SELECT 'raw', c.raw, sum(c.rows)::bigint FROM counted AS c WHERE c.raw IS NOT NULL GROUP BY 2
    UNION ALL
    SELECT 'hash', spec.hash_key_id, sum(c.rows)::bigint FROM counted AS c WHERE c.hashed HAVING sum(c.rows) > 0;
EXCEPTION WHEN OTHERS THEN
    -- One table must not keep the keys of the others from being seen.
    RAISE WARNING 'the keys of table % cannot be counted: SQLSTATE %', relation, SQLSTATE;
END;
$$;
COMMENT ON FUNCTION phone_crypt.count_keys(regclass, text) IS
    'how many values of a registered column are under which key';

-- How many values of each registered column are under which key: reads every row of tables that are yours.
CREATE VIEW phone_crypt.column_keys AS
    SELECT c.relation, c.column_name, k.part, k.key_id, k.rows
      FROM phone_crypt.columns AS c
      JOIN pg_catalog.pg_class AS t ON t.oid OPERATOR(pg_catalog.=) c.relation
     CROSS JOIN LATERAL phone_crypt.count_keys(c.relation, c.column_name) AS k
     WHERE phone_crypt.owns(c.relation);
COMMENT ON VIEW phone_crypt.column_keys IS
    'how many values of each registered column are under which key; reads the tables of those you may act for';

-- The statements that begin a change of the hash key: a column of its own, kept by the trigger from now on.
CREATE FUNCTION phone_crypt.rehash_begin_sql(spec phone_crypt.columns, key_id text, scheme text) RETURNS text[]
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT ARRAY[
        format('ALTER TABLE %s ADD COLUMN %I text', spec.relation, left(spec.hash_column, 58) || '_next'),
        format('UPDATE phone_crypt.columns AS c SET next_hash_column = %L, next_hash_key_id = %L, next_hash_scheme = %L '
               'WHERE c.relation = %L::regclass AND c.column_name = %L',
               left(spec.hash_column, 58) || '_next', key_id, scheme, spec.relation, spec.column_name)]
        || phone_crypt.index_sql(spec.relation, spec.hash_column, left(spec.hash_column, 58) || '_next', false)
$$;
COMMENT ON FUNCTION phone_crypt.rehash_begin_sql(phone_crypt.columns, text, text) IS
    'the statements that begin a change of the hash key';

-- The statements that end it, in one transaction: the new column takes the place and the name of the old one.
CREATE FUNCTION phone_crypt.rehash_end_sql(spec phone_crypt.columns) RETURNS text[]
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT ARRAY[
        format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE', spec.relation),
        format('SELECT phone_crypt.check_rehashed(%L, %L)', spec.relation, spec.column_name),
        format('ALTER TABLE %s DROP COLUMN %I', spec.relation, spec.hash_column),
        format('ALTER TABLE %s RENAME COLUMN %I TO %I', spec.relation, spec.next_hash_column, spec.hash_column),
        format('UPDATE phone_crypt.columns AS c SET hash_key_id = next_hash_key_id, hash_scheme = next_hash_scheme, '
               'next_hash_column = NULL, next_hash_key_id = NULL, next_hash_scheme = NULL '
               'WHERE c.relation = %L::regclass AND c.column_name = %L', spec.relation, spec.column_name)]
$$;
COMMENT ON FUNCTION phone_crypt.rehash_end_sql(phone_crypt.columns) IS
    'the statements that end a change of the hash key';

CREATE FUNCTION phone_crypt.check_rehashed(relation regclass, column_name text) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    pending bigint := phone_crypt.pending('rehash', relation, column_name);
BEGIN
    IF pending > 0 THEN
        RAISE EXCEPTION '% rows of table % have no new hash: their values cannot be decrypted', pending, relation
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = 'Restore them, or set them to NULL, and CALL it again.';
    END IF;
END;
$$;
COMMENT ON FUNCTION phone_crypt.check_rehashed(regclass, text) IS
    '55000 while rows of a registered column have no new hash';

-- Names of indexes of the new hash column, as those of the old one were.
CREATE FUNCTION phone_crypt.index_names(relation regclass, column_name text) RETURNS jsonb
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(jsonb_object_agg(definition, name), '{}')
      FROM (SELECT c.relname AS name,
                   concat(i.indisunique, (SELECT string_agg(CASE WHEN a.attname = column_name THEN '' ELSE a.attname END, ','
                                                            ORDER BY k.place)
                                            FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k (number, place)
                                            JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.number))
                       AS definition
              FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid
             WHERE i.indrelid = relation
               AND (SELECT a.attnum FROM pg_attribute AS a WHERE a.attrelid = relation AND a.attname = column_name)
                   = ANY (i.indkey::int2[])) AS indexes
$$;
COMMENT ON FUNCTION phone_crypt.index_names(regclass, text) IS
    'the indexes that have a column, by what they index';

CREATE FUNCTION phone_crypt.rename_sql(relation regclass, before jsonb, after jsonb) RETURNS text[]
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(array_agg(format('ALTER INDEX %I.%I RENAME TO %I', n.nspname, a.value, b.value)), '{}')
      FROM jsonb_each_text(after) AS a JOIN jsonb_each_text(before) AS b USING (key),
           pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
     WHERE c.oid = relation AND a.value <> b.value
$$;
COMMENT ON FUNCTION phone_crypt.rename_sql(regclass, jsonb, jsonb) IS
    'the statements that give indexes the names of those before them';

-- Values: those under another key than the primary, one by one, hashes untouched. failure: as for work_through.
CREATE PROCEDURE phone_crypt.rotate_values(spec phone_crypt.columns, batch_size integer, INOUT failure text)
    LANGUAGE plpgsql
AS $$
DECLARE
    job bigint;
    counts pg_catalog.jsonb;
    left_over bigint;
BEGIN
    PERFORM phone_crypt.begin_batch();
    BEGIN
        SELECT b.job, b.details INTO job, counts
          FROM phone_crypt.job_begin('phone_rotate_column', spec.relation, spec.column_name,
                                     phone_crypt.pending('rotate', spec.relation, spec.column_name)) AS b;
    EXCEPTION WHEN OTHERS THEN
        IF failure IS NULL THEN
            RAISE;
        END IF;
        failure := SQLSTATE;
        RETURN;
    END;
    COMMIT;
    CALL phone_crypt.work_through('phone_rotate_column', 'rotate', spec.relation, spec.column_name, batch_size, '{}',
                                  job, counts, failure);
    IF failure OPERATOR(pg_catalog.<>) '' THEN
        RETURN;
    END IF;
    PERFORM phone_crypt.job_end(job, counts);
    left_over := phone_crypt.left_over(counts);
    IF left_over OPERATOR(pg_catalog.>) 0 THEN
        RAISE WARNING '% values of table % were left under their old key', left_over, spec.relation
            USING HINT = 'Unreadable ones are damaged or belong to another row or column; others need their key configured.';
    END IF;
    COMMIT;
END;
$$;
COMMENT ON PROCEDURE phone_crypt.rotate_values(phone_crypt.columns, integer, text) IS
    'behind phone_rotate_column: encrypted values';

-- Hashes: a second column is filled beside the first, then takes its place. failure: as for work_through.
CREATE PROCEDURE phone_crypt.rotate_hashes(spec phone_crypt.columns, batch_size integer, INOUT failure text)
    LANGUAGE plpgsql
AS $$
DECLARE
    job bigint;
    counts pg_catalog.jsonb;
    statements pg_catalog.text[];
    wanted pg_catalog.record;
    names pg_catalog.jsonb;
BEGIN
    PERFORM phone_crypt.begin_batch();
    SELECT k.key_id, pg_catalog.split_part(k.hash_scheme, ',', 1) AS scheme INTO wanted
      FROM phone_crypt.configured_keys() AS k WHERE 'hash' OPERATOR(pg_catalog.=) ANY (k.roles);
    IF spec.next_hash_column IS NULL AND spec.hash_key_id OPERATOR(pg_catalog.=) wanted.key_id
       AND spec.hash_scheme OPERATOR(pg_catalog.=) wanted.scheme
    THEN
        RAISE NOTICE '%: hashes are under the hash key already',
            phone_crypt.job_title('phone_rotate_column', spec.relation, spec.column_name);
        RETURN;
    END IF;
    IF spec.next_hash_column IS NULL THEN
        BEGIN
            IF spec.hash_context OPERATOR(pg_catalog.<>) '' AND wanted.scheme OPERATOR(pg_catalog.=) 'raw' THEN
                RAISE EXCEPTION 'a hash of scheme raw takes no context' USING ERRCODE = 'invalid_parameter_value';
            END IF;
            PERFORM phone_crypt.check_droppable(spec.relation, spec.hash_column);
            statements := phone_crypt.rehash_begin_sql(spec, wanted.key_id, wanted.scheme);
        EXCEPTION WHEN OTHERS THEN
            IF failure IS NULL THEN
                RAISE;
            END IF;
            failure := SQLSTATE;
            RETURN;
        END;
        CALL phone_crypt.change_table(spec.relation, statements, failure);
        IF failure OPERATOR(pg_catalog.<>) '' THEN
            RETURN;
        END IF;
        spec := phone_crypt.registered(spec.relation, spec.column_name);
    END IF;
    BEGIN
        SELECT b.job, b.details INTO job, counts
          FROM phone_crypt.job_begin('phone_rotate_column hash', spec.relation, spec.column_name,
                                     phone_crypt.pending('rehash', spec.relation, spec.column_name)) AS b;
    EXCEPTION WHEN OTHERS THEN
        IF failure IS NULL THEN
            RAISE;
        END IF;
        failure := SQLSTATE;
        RETURN;
    END;
    COMMIT;
    CALL phone_crypt.work_through('phone_rotate_column hash', 'rehash', spec.relation, spec.column_name, batch_size,
                                  '{}', job, counts, failure);
    IF failure OPERATOR(pg_catalog.<>) '' THEN
        RETURN;
    END IF;
    names := phone_crypt.index_names(spec.relation, spec.hash_column);
    statements := pg_catalog.array_append(
        pg_catalog.array_cat(phone_crypt.rehash_end_sql(spec), phone_crypt.rename_sql(
            spec.relation, names, phone_crypt.index_names(spec.relation, spec.next_hash_column))),
        phone_crypt.job_end_sql(job, counts));
    CALL phone_crypt.change_table(spec.relation, statements, failure);
    COMMIT;
END;
$$;
COMMENT ON PROCEDURE phone_crypt.rotate_hashes(phone_crypt.columns, integer, text) IS
    'behind phone_rotate_column: hashes';

-- One column. failure: as for work_through; the table's job lock is given back either way.
CREATE PROCEDURE phone_crypt.rotate(
    relation regclass, column_name text, rotate_hash boolean, batch_size integer, dry_run boolean, INOUT failure text
)
    LANGUAGE plpgsql
AS $$
DECLARE
    spec phone_crypt.columns;
BEGIN
    PERFORM phone_crypt.begin_batch();
    IF phone_crypt.is_encrypted_column(relation, column_name) THEN
        CALL phone_crypt.reencrypt_column(relation, column_name, rotate_hash, batch_size, dry_run, failure);
        RETURN;
    END IF;
    BEGIN
        spec := phone_crypt.registered(relation, column_name);
        PERFORM phone_crypt.check_owner(relation);
        PERFORM phone_crypt.check_batch_size(batch_size);
        PERFORM phone_crypt.leaves(relation);
        IF rotate_hash IS NULL OR dry_run IS NULL THEN
            RAISE EXCEPTION 'rotate_hash and dry_run must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        IF dry_run THEN
            RAISE NOTICE '%: dry run: rows under another key than the primary %',
                phone_crypt.job_title('phone_rotate_column', relation, column_name),
                phone_crypt.pending('rotate', relation, column_name);
            RETURN;
        END IF;
        PERFORM phone_crypt.job_lock(relation);
    EXCEPTION WHEN OTHERS THEN
        IF failure IS NULL THEN
            RAISE;
        END IF;
        failure := SQLSTATE;
        RETURN;
    END;
    COMMIT;
    CALL phone_crypt.rotate_values(spec, batch_size, failure);
    IF rotate_hash AND (failure IS NULL OR failure OPERATOR(pg_catalog.=) '') THEN
        CALL phone_crypt.rotate_hashes(spec, batch_size, failure);
    END IF;
    PERFORM phone_crypt.begin_batch();
    PERFORM phone_crypt.job_unlock(relation);
END;
$$;
COMMENT ON PROCEDURE phone_crypt.rotate(regclass, text, boolean, integer, boolean, text) IS
    'behind phone_rotate_column and phone_rotate_all: one column';

CREATE PROCEDURE phone_rotate_column(
    "table" regclass, "column" name, rotate_hash boolean DEFAULT false, batch_size integer DEFAULT 5000,
    dry_run boolean DEFAULT false
)
    LANGUAGE plpgsql
AS $$
#variable_conflict use_variable
DECLARE
    failure pg_catalog.text;
    callers pg_catalog.text[] := phone_crypt.begin_batch();
BEGIN
    CALL phone_crypt.rotate("table", "column"::pg_catalog.text, rotate_hash, batch_size, dry_run, failure);
    PERFORM phone_crypt.end_batch(callers);
END;
$$;
COMMENT ON PROCEDURE phone_rotate_column(regclass, name, boolean, integer, boolean) IS
    'encrypts again what is not under the primary key; with rotate_hash, hashes under the present hash key, too';

-- Registered columns, and those of type encrypted_phone. A partitioned table is there by its partitions.
CREATE FUNCTION phone_crypt.rotated_columns() RETURNS TABLE (relation regclass, column_name text)
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT c.relation, c.column_name FROM phone_crypt.columns AS c JOIN pg_class AS t ON t.oid = c.relation
    UNION ALL
    SELECT e.relation, e.column_name FROM phone_crypt.encrypted_columns AS e JOIN pg_class AS t ON t.oid = e.relation
     WHERE t.relkind = 'r' AND t.relpersistence <> 't'
$$;
COMMENT ON FUNCTION phone_crypt.rotated_columns() IS
    'the columns that phone_rotate_all goes through';

-- A table that something is wrong with does not keep the others from being rotated.
CREATE PROCEDURE phone_rotate_all(
    rotate_hash boolean DEFAULT false, batch_size integer DEFAULT 5000, dry_run boolean DEFAULT false
)
    LANGUAGE plpgsql
AS $$
#variable_conflict use_variable
DECLARE
    names pg_catalog.text[];
    relations pg_catalog.regclass[];
    title pg_catalog.text;
    failure pg_catalog.text;
    failures pg_catalog.text[] := '{}';
    details pg_catalog.text[] := '{}';
    others bigint;
    callers pg_catalog.text[] := phone_crypt.begin_batch();
BEGIN
    PERFORM phone_crypt.check_batch_size(batch_size);
    IF rotate_hash IS NULL OR dry_run IS NULL THEN
        RAISE EXCEPTION 'rotate_hash and dry_run must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    SELECT pg_catalog.array_agg(c.relation ORDER BY c.relation, c.column_name),
           pg_catalog.array_agg(c.column_name ORDER BY c.relation, c.column_name)
      INTO relations, names FROM phone_crypt.rotated_columns() AS c WHERE phone_crypt.owns(c.relation);
    SELECT pg_catalog.count(*) INTO others
      FROM phone_crypt.rotated_columns() AS c WHERE NOT phone_crypt.owns(c.relation);
    IF names IS NOT NULL THEN
        PERFORM phone_crypt.check_keys();
    END IF;
    FOR i IN 1 .. coalesce(pg_catalog.array_length(names, 1), 0) LOOP
        failure := '';
        title := phone_crypt.job_title('phone_rotate_all', relations[i], names[i]::pg_catalog.name);
        CALL phone_crypt.rotate(relations[i], names[i], rotate_hash, batch_size, dry_run, failure);
        PERFORM phone_crypt.begin_batch();
        IF failure OPERATOR(pg_catalog.<>) '' THEN
            PERFORM phone_crypt.job_unlock(relations[i]);
            failures := pg_catalog.array_append(failures, failure);
            details := pg_catalog.array_append(details, pg_catalog.format('%s.%s: %s', relations[i], names[i], failure));
            RAISE WARNING '%: not rotated: SQLSTATE %', title, failure
                USING HINT = 'CALL phone_rotate_column() for it: that says more.';
        END IF;
    END LOOP;
    IF NOT dry_run THEN
        BEGIN
            RAISE NOTICE 'phone_rotate_all: lists and blocks by phone: % changed', phone_crypt.rekey_phones();
        EXCEPTION WHEN OTHERS THEN
            failures := pg_catalog.array_append(failures, SQLSTATE);
            details := pg_catalog.array_append(details, pg_catalog.concat('lists and blocks by phone: ', SQLSTATE));
            RAISE WARNING 'phone_rotate_all: lists and blocks by phone were not changed: SQLSTATE %', SQLSTATE;
        END;
    END IF;
    IF others OPERATOR(pg_catalog.>) 0 THEN
        RAISE WARNING '% encrypted columns belong to tables of others and were left out', others
            USING HINT = 'Their owners, or a superuser, can rotate them.';
    END IF;
    IF pg_catalog.cardinality(failures) OPERATOR(pg_catalog.>) 0 THEN
        IF NOT dry_run THEN
            COMMIT;
        END IF;
        RAISE EXCEPTION 'phone_rotate_all is incomplete: % failed', pg_catalog.cardinality(failures)
            USING ERRCODE = failures[1], DETAIL = pg_catalog.array_to_string(details, '; '),
                  HINT = 'What was done is kept. Remove the causes and CALL it again.';
    END IF;
    PERFORM phone_crypt.end_batch(callers);
END;
$$;
COMMENT ON PROCEDURE phone_rotate_all(boolean, integer, boolean) IS
    'phone_rotate_column for every encrypted column of yours, then lists and blocks by phone';
