-- Values of a column of one of the data types under the primary key. What they are compared by stays, so indexes,
-- constraints and look-ups do not notice.

-- A foreign key compares bytes: one that does not cascade would refuse, or set the other column to NULL.
CREATE FUNCTION phone_crypt.check_reencryptable(relation regclass, column_name text) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    refusing text;
BEGIN
    SELECT string_agg(format('%s of table %s', quote_ident(c.conname), c.conrelid::regclass), ', ') INTO refusing
      FROM pg_constraint AS c JOIN pg_attribute AS a ON a.attrelid = c.confrelid AND a.attnum = ANY (c.confkey)
     WHERE c.confrelid = relation AND c.contype = 'f' AND c.confupdtype <> 'c' AND a.attname = column_name;
    IF refusing IS NOT NULL THEN
        RAISE EXCEPTION 'foreign keys do not follow a change of column % of table %', quote_ident(column_name), relation
            USING ERRCODE = 'dependent_objects_still_exist', DETAIL = refusing,
                  HINT = 'They compare bytes, which change. Make them ON UPDATE CASCADE.';
    END IF;
END;
$$;
COMMENT ON FUNCTION phone_crypt.check_reencryptable(regclass, text) IS
    '2BP01 where a foreign key would refuse what re-encryption changes';

-- The condition that a value is under another key than the primary.
CREATE FUNCTION phone_crypt.under_another_key(relation regclass, column_name text) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT format('%s(t.%I) OPERATOR(pg_catalog.<>) %L', phone_crypt.function_of(relation, column_name, 'key_id'), column_name,
                  (SELECT k.key_id FROM phone_crypt.configured_keys() AS k WHERE 'primary' = ANY (k.roles)))
$$;
COMMENT ON FUNCTION phone_crypt.under_another_key(regclass, text) IS
    'the condition that a value of a column is under another key than the primary';

-- One column. failure: as for work_through_pages; the table's job lock is given back either way.
CREATE PROCEDURE phone_crypt.reencrypt_column(
    relation regclass, column_name text, rotate_hash boolean, batch_size integer, dry_run boolean, INOUT failure text
)
    LANGUAGE plpgsql
AS $$
DECLARE
    job bigint;
    counts pg_catalog.jsonb;
    leaf pg_catalog.regclass;
    leaves pg_catalog.regclass[];
    pending pg_catalog.text;
    title pg_catalog.text;
BEGIN
    PERFORM phone_crypt.begin_batch();
    title := phone_crypt.job_title('phone_rotate_column', relation, column_name::pg_catalog.name);
    BEGIN
        IF relation IS NULL OR column_name IS NULL THEN
            RAISE EXCEPTION 'table and column must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        PERFORM phone_crypt.check_owner(relation);
        PERFORM phone_crypt.check_batch_size(batch_size);
        IF NOT phone_crypt.is_encrypted_column(relation, column_name) THEN
            RAISE EXCEPTION 'column % of table % is not of type encrypted_phone or encrypted_email', pg_catalog.quote_ident(column_name), relation
                USING ERRCODE = 'object_not_in_prerequisite_state';
        END IF;
        PERFORM phone_crypt.check_keys();
        IF NOT dry_run THEN
            PERFORM phone_crypt.check_lasting_keys();
        END IF;
        IF rotate_hash IS NULL OR dry_run IS NULL THEN
            RAISE EXCEPTION 'rotate_hash and dry_run must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        ELSIF rotate_hash AND phone_crypt.count_as_owner(relation, phone_crypt.under_another_hash_key(relation, column_name))
                              OPERATOR(pg_catalog.>) 0 THEN
            RAISE EXCEPTION 'columns of type encrypted_phone and encrypted_email change their hash key all at once'
                USING ERRCODE = 'feature_not_supported', HINT = 'CALL phone_rotate_hash_key(), with the id of the key.';
        END IF;
        PERFORM phone_crypt.check_reencryptable(relation, column_name);
        -- NULL where it is not partitioned.
        SELECT phone_crypt.leaves(relation) INTO leaves FROM pg_catalog.pg_class AS c
         WHERE c.oid OPERATOR(pg_catalog.=) relation AND c.relkind OPERATOR(pg_catalog.=) 'p';
        pending := phone_crypt.under_another_key(relation, column_name);
        IF leaves IS NULL AND dry_run THEN
            RAISE NOTICE '%: dry run: rows under another key than the primary %', title,
                phone_crypt.count_as_owner(relation, pending);
            RETURN;
        ELSIF leaves IS NULL THEN
            PERFORM phone_crypt.job_lock(relation);
            SELECT b.job, b.details INTO job, counts
              FROM phone_crypt.job_begin('phone_rotate_column', relation, column_name::pg_catalog.name,
                                         phone_crypt.count_as_owner(relation, pending)) AS b;
        END IF;
    EXCEPTION WHEN OTHERS THEN
        IF failure IS NULL THEN
            RAISE;
        END IF;
        failure := SQLSTATE;
        RETURN;
    END;
    IF leaves IS NOT NULL THEN
        FOREACH leaf IN ARRAY leaves LOOP
            CALL phone_crypt.reencrypt_column(leaf, column_name, rotate_hash, batch_size, dry_run, failure);
            EXIT WHEN failure OPERATOR(pg_catalog.<>) '';
        END LOOP;
        RETURN;
    END IF;
    COMMIT;
    CALL phone_crypt.work_through_pages('phone_rotate_column', 'reencrypt', relation, column_name, NULL, 'text', pending,
                                        false, batch_size, job, counts, failure);
    PERFORM phone_crypt.begin_batch();
    IF failure IS NULL OR failure OPERATOR(pg_catalog.=) '' THEN
        PERFORM phone_crypt.job_end(job, counts);
        IF (counts OPERATOR(pg_catalog.->>) 'unreadable')::bigint OPERATOR(pg_catalog.>) 0 THEN
            RAISE WARNING '% values of table % were left under their old key', counts OPERATOR(pg_catalog.->>) 'unreadable',
                relation
                USING HINT = 'They are not authentic: phone_verify() or email_verify() of the column is false for them.';
        END IF;
    END IF;
    PERFORM phone_crypt.job_unlock(relation);
    COMMIT;
    PERFORM phone_crypt.begin_batch();
END;
$$;
COMMENT ON PROCEDURE phone_crypt.reencrypt_column(regclass, text, boolean, integer, boolean, text) IS
    'behind phone_rotate_column and phone_rotate_all: a column of one of the data types';

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
    IF NOT dry_run THEN
        PERFORM phone_crypt.check_may_commit();
    END IF;
    CALL phone_crypt.reencrypt_column("table", "column"::pg_catalog.text, rotate_hash, batch_size, dry_run, failure);
    PERFORM phone_crypt.end_batch(callers);
END;
$$;
COMMENT ON PROCEDURE phone_rotate_column(regclass, name, boolean, integer, boolean) IS
    'encrypts again what is not under the primary key';

-- A partitioned table is there by its partitions.
CREATE FUNCTION phone_crypt.rotated_columns() RETURNS TABLE (relation regclass, column_name text)
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
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
    moved bigint;
    unreadable bigint;
    callers pg_catalog.text[] := phone_crypt.begin_batch();
BEGIN
    PERFORM phone_crypt.check_batch_size(batch_size);
    IF rotate_hash IS NULL OR dry_run IS NULL THEN
        RAISE EXCEPTION 'rotate_hash and dry_run must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    IF NOT dry_run THEN
        PERFORM phone_crypt.check_may_commit();
    END IF;
    SELECT pg_catalog.array_agg(c.relation ORDER BY c.relation, c.column_name),
           pg_catalog.array_agg(c.column_name ORDER BY c.relation, c.column_name)
      INTO relations, names FROM phone_crypt.rotated_columns() AS c WHERE phone_crypt.owns(c.relation);
    SELECT pg_catalog.count(*) INTO others
      FROM phone_crypt.rotated_columns() AS c WHERE NOT phone_crypt.owns(c.relation);
    IF names IS NOT NULL THEN
        PERFORM phone_crypt.check_keys();
        IF NOT dry_run THEN
            PERFORM phone_crypt.check_lasting_keys();
        END IF;
    END IF;
    FOR i IN 1 .. coalesce(pg_catalog.array_length(names, 1), 0) LOOP
        failure := '';
        title := phone_crypt.job_title('phone_rotate_all', relations[i], names[i]::pg_catalog.name);
        CALL phone_crypt.reencrypt_column(relations[i], names[i], rotate_hash, batch_size, dry_run, failure);
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
        BEGIN
            moved := @extschema@.webhook_endpoint_reencrypt();
            IF moved OPERATOR(pg_catalog.>) 0 THEN
                RAISE NOTICE 'phone_rotate_all: secrets of webhook endpoints: % changed', moved;
            END IF;
        EXCEPTION WHEN OTHERS THEN
            failures := pg_catalog.array_append(failures, SQLSTATE);
            details := pg_catalog.array_append(details, pg_catalog.concat('secrets of webhook endpoints: ', SQLSTATE));
            RAISE WARNING 'phone_rotate_all: secrets of webhook endpoints were not changed: SQLSTATE %', SQLSTATE;
        END;
        COMMIT;
        CALL phone_crypt.rekey_consents(moved, unreadable, failure);
        PERFORM phone_crypt.begin_batch();
        IF moved OPERATOR(pg_catalog.>) 0 THEN
            RAISE NOTICE 'phone_rotate_all: consent and suppressed numbers: % changed', moved;
        END IF;
        IF unreadable OPERATOR(pg_catalog.>) 0 THEN
            RAISE WARNING 'phone_rotate_all: % rows of consent and suppressed numbers are not authentic, and left', unreadable;
        END IF;
        IF failure OPERATOR(pg_catalog.<>) '' THEN
            failures := pg_catalog.array_append(failures, failure);
            details := pg_catalog.array_append(details, pg_catalog.concat('consent and suppressed numbers: ', failure));
            RAISE WARNING 'phone_rotate_all: consent and suppressed numbers were not all changed: SQLSTATE %', failure;
        END IF;
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
    'phone_rotate_column for every encrypted column of yours, then lists and blocks by phone, webhook secrets, and consent';
