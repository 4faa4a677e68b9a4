-- phone_import_legacy_column: values of the earlier web application become values of today, in place.

-- What a dry run finds out about values that are not of today yet.
CREATE FUNCTION phone_crypt.legacy_counts(relation regclass, column_name text, scheme text, key_id text, regions text)
    RETURNS jsonb
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    counts jsonb;
BEGIN
    IF NOT phone_crypt.are_text_columns(relation, ARRAY[column_name]) THEN
        RETURN '{}';
    END IF;
    SELECT coalesce(jsonb_object_agg(outcome, rows), '{}') INTO counts
      FROM (SELECT phone_crypt.read_legacy(r.columns[1], scheme, key_id, regions) AS outcome, count(*) AS rows
              FROM phone_crypt.read_as_owner(relation, ARRAY[column_name]) AS r
             WHERE octet_length(r.columns[1]) % 32 <> 11 OR substr(r.columns[1], 33, 2) <> ':0'
             GROUP BY 1) AS read;
    RETURN counts;
END;
$$;
COMMENT ON FUNCTION phone_crypt.legacy_counts(regclass, text, text, text, text) IS
    'what a column of values of the earlier web application holds';

CREATE PROCEDURE phone_import_legacy_column(
    "table" regclass, "column" name, scheme text, key_id text DEFAULT NULL, hash_column name DEFAULT NULL,
    raw_column name DEFAULT NULL, context text DEFAULT '', context_column name DEFAULT NULL,
    hash_context text DEFAULT '', regions text DEFAULT NULL, keep_original boolean DEFAULT false,
    "index" text DEFAULT 'now', batch_size integer DEFAULT 5000, dry_run boolean DEFAULT false
)
    LANGUAGE plpgsql
AS $$
#variable_conflict use_variable
DECLARE
    spec phone_crypt.columns;
    given phone_crypt.columns;
    missing pg_catalog.text[];
    is_registered boolean;
    job bigint;
    counts pg_catalog.jsonb;
    hashed pg_catalog.jsonb := '{}';
    title pg_catalog.text;
    failure pg_catalog.text;
    callers pg_catalog.text[] := phone_crypt.begin_batch();
BEGIN
    IF "table" IS NULL OR "column" IS NULL OR scheme IS NULL THEN
        RAISE EXCEPTION 'table, column and scheme must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    PERFORM phone_crypt.check_owner("table");
    PERFORM phone_crypt.check_batch_size(batch_size);
    PERFORM phone_crypt.leaves("table");
    PERFORM phone_crypt.check_text_column("table", "column", 171);
    -- An unknown scheme or key is refused here, before anything is changed.
    PERFORM phone_crypt.read_legacy('', scheme, key_id, '');
    title := phone_crypt.job_title('phone_import_legacy_column', "table", "column");
    SELECT * INTO spec FROM phone_crypt.columns AS c
     WHERE c.relation OPERATOR(pg_catalog.=) "table" AND c.column_name OPERATOR(pg_catalog.=) "column";
    is_registered := FOUND;
    IF is_registered AND spec.encrypted_column OPERATOR(pg_catalog.<>) spec.column_name THEN
        RAISE EXCEPTION 'column % of table % is one of plain text', pg_catalog.quote_ident("column"), "table"
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'phone_add_encrypted_column() is for those.';
    END IF;
    given := phone_crypt.given_options("column", hash_column, raw_column, context, context_column, hash_context, regions,
                                       keep_original);
    IF is_registered THEN
        PERFORM phone_crypt.check_same_options(spec, given);
    ELSE
        spec := phone_crypt.new_registration("table", "column", given, false);
        PERFORM phone_crypt.check_registration(spec, "index");
    END IF;
    IF dry_run THEN
        RAISE NOTICE '%: dry run: %', title,
            phone_crypt.counts_text(phone_crypt.legacy_counts("table", "column", scheme, key_id, spec.regions));
        PERFORM phone_crypt.end_batch(callers);
        RETURN;
    END IF;

    PERFORM phone_crypt.job_lock("table");
    PERFORM phone_crypt.pin_if_not_pinned();
    COMMIT;
    IF NOT is_registered THEN
        PERFORM phone_crypt.begin_batch();
        CALL phone_crypt.change_table("table", phone_crypt.registration_sql(spec, "index"), failure);
    END IF;
    PERFORM phone_crypt.begin_batch();
    SELECT b.job, b.details INTO job, counts
      FROM phone_crypt.job_begin('phone_import_legacy_column', "table", "column",
                                 phone_crypt.pending('import', "table", "column", ARRAY[scheme, key_id])) AS b;
    COMMIT;
    PERFORM phone_crypt.begin_batch();
    missing := phone_crypt.index_sql("table", "column", spec.hash_column, true);
    IF "index" OPERATOR(pg_catalog.=) 'concurrently' AND pg_catalog.cardinality(missing) OPERATOR(pg_catalog.>) 0 THEN
        RAISE NOTICE E'%: make the index now, then CALL it again:\n%;', title, pg_catalog.array_to_string(missing, E';\n');
        PERFORM phone_crypt.job_unlock("table");
        RETURN;
    END IF;
    CALL phone_crypt.work_through('phone_import_legacy_column', 'import', "table", "column", batch_size,
                                  ARRAY[scheme, key_id], job, counts, failure);
    -- Values of today that were there before have no hash yet.
    CALL phone_crypt.work_through('phone_import_legacy_column', 'hash', "table", "column", batch_size, '{}', job, hashed,
                                  failure);
    counts := phone_crypt.add_counts(counts, hashed);
    PERFORM phone_crypt.job_end(job, counts);
    PERFORM phone_crypt.job_unlock("table");
    COMMIT;
END;
$$;
COMMENT ON PROCEDURE phone_import_legacy_column(regclass, name, text, text, name, name, text, name, text, text, boolean, text, integer, boolean) IS
    'converts unauthenticated values of the earlier web application in place, and hashes their numbers';
