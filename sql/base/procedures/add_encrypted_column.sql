-- phone_add_encrypted_column: a column of plain text becomes an encrypted one with a hash beside it, while the
-- application goes on.

-- Everything about the arguments that can be refused, before anything is changed.
CREATE FUNCTION phone_crypt.check_registration(spec phone_crypt.columns, index_mode text) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    name text;
BEGIN
    IF spec.has_plaintext THEN
        PERFORM phone_crypt.check_text_column(spec.relation, spec.column_name, 1);
    END IF;
    -- 171: a number of 15 digits. An existing column may be used, if it is wide enough.
    IF phone_crypt.column_type(spec.relation, spec.encrypted_column) IS NOT NULL THEN
        PERFORM phone_crypt.check_text_column(spec.relation, spec.encrypted_column, 171);
    END IF;
    IF phone_crypt.column_type(spec.relation, spec.hash_column) IS NOT NULL THEN
        PERFORM phone_crypt.check_text_column(spec.relation, spec.hash_column, 64);
    END IF;
    IF phone_crypt.column_type(spec.relation, spec.raw_column) IS NOT NULL THEN
        PERFORM phone_crypt.check_text_column(spec.relation, spec.raw_column, NULL);
    END IF;
    IF (SELECT count(DISTINCT n) < count(*)
          FROM unnest(ARRAY[spec.encrypted_column, spec.hash_column, spec.raw_column]
                      || CASE WHEN spec.has_plaintext THEN ARRAY[spec.column_name] ELSE '{}' END) AS u (n))
    THEN
        RAISE EXCEPTION 'the columns must have different names' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    FOREACH name IN ARRAY ARRAY[spec.encrypted_column, spec.hash_column, spec.raw_column] LOOP
        IF octet_length(name) > 63 THEN
            RAISE EXCEPTION 'a column''s name has at most 63 bytes' USING ERRCODE = 'name_too_long',
                HINT = 'Give names of your own: encrypted_column, hash_column, raw_column.';
        END IF;
    END LOOP;
    IF spec.context IS NULL OR spec.hash_context IS NULL OR spec.keep_original IS NULL OR index_mode IS NULL THEN
        RAISE EXCEPTION 'context, hash_context, keep_original and index must not be NULL'
            USING ERRCODE = 'null_value_not_allowed';
    END IF;
    IF index_mode NOT IN ('now', 'concurrently', 'none') THEN
        RAISE EXCEPTION 'index is one of: now, concurrently, none' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF index_mode = 'concurrently' AND (SELECT c.relkind = 'p' FROM pg_class AS c WHERE c.oid = spec.relation) THEN
        RAISE EXCEPTION 'no index of a partitioned table can be made concurrently' USING ERRCODE = 'feature_not_supported',
            HINT = 'Say now; or none, make one on each partition concurrently, and attach them to one on the table.';
    END IF;
    IF position(chr(31) IN spec.context) > 0 THEN
        RAISE EXCEPTION 'a context must not contain the character 0x1F' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF spec.hash_context <> '' AND spec.hash_scheme = 'raw' THEN
        RAISE EXCEPTION 'a hash of scheme raw takes no context' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF spec.context_column IS NOT NULL AND NOT EXISTS (
        SELECT FROM pg_attribute AS a WHERE a.attrelid = spec.relation AND a.attname = spec.context_column
           AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
           AND a.atttypid IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype, 'uuid'::regtype, 'text'::regtype,
                              'varchar'::regtype))
    THEN
        RAISE EXCEPTION 'context_column must name a column of an integer type, uuid, text or varchar'
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    PERFORM phone_crypt.check_context(spec.context), phone_crypt.check_context(spec.hash_context);
    PERFORM @extschema@.phone_try_normalize('', coalesce(spec.regions, ''));
END;
$$;
COMMENT ON FUNCTION phone_crypt.check_registration(phone_crypt.columns, text) IS
    'refuses what cannot be registered';

-- The statements that set a registration up, to be run under one short lock.
CREATE FUNCTION phone_crypt.registration_sql(spec phone_crypt.columns, index_mode text) RETURNS text[]
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    statements text[] := '{}';
    name text;
    hash_is_new boolean := phone_crypt.column_type(spec.relation, spec.hash_column) IS NULL;
BEGIN
    FOREACH name IN ARRAY ARRAY[spec.encrypted_column, spec.hash_column, spec.raw_column] LOOP
        IF phone_crypt.column_type(spec.relation, name) IS NULL THEN
            statements := statements || format('ALTER TABLE %s ADD COLUMN %I text', spec.relation, name);
        END IF;
    END LOOP;
    statements := statements
        || format('INSERT INTO phone_crypt.columns SELECT (%L::phone_crypt.columns).*', spec::text)
        || phone_crypt.trigger_sql(spec.relation, spec.column_name);
    IF index_mode = 'now' AND hash_is_new THEN
        statements := statements || phone_crypt.index_sql(spec.relation, spec.column_name, spec.hash_column, false);
    END IF;
    RETURN statements;
END;
$$;
COMMENT ON FUNCTION phone_crypt.registration_sql(phone_crypt.columns, text) IS
    'the statements that add the columns, registration, trigger and indexes of an encrypted column';

-- The options of a procedure that registers a column, as they were given.
CREATE FUNCTION phone_crypt.given_options(
    encrypted_column text, hash_column text, raw_column text, context text, context_column text, hash_context text,
    regions text, keep_original boolean
) RETURNS phone_crypt.columns
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    given phone_crypt.columns;
BEGIN
    given.encrypted_column := encrypted_column;
    given.hash_column := hash_column;
    given.raw_column := raw_column;
    given.context := context;
    given.context_column := context_column;
    given.hash_context := hash_context;
    given.regions := regions;
    given.keep_original := keep_original;
    RETURN given;
END;
$$;
COMMENT ON FUNCTION phone_crypt.given_options(text, text, text, text, text, text, text, boolean) IS
    'the options of a procedure that registers a column';

-- What a column is registered with: the options, and what holds where they say nothing.
CREATE FUNCTION phone_crypt.new_registration(
    relation regclass, column_name text, given phone_crypt.columns, has_plaintext boolean
) RETURNS phone_crypt.columns
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    spec phone_crypt.columns := given;
BEGIN
    spec.relation := relation;
    spec.column_name := column_name;
    spec.has_plaintext := has_plaintext;
    spec.encrypted_column := coalesce(given.encrypted_column, column_name || '_encrypted');
    spec.hash_column := coalesce(given.hash_column, column_name || '_hash');
    spec.raw_column := coalesce(given.raw_column, column_name || '_raw');
    SELECT k.key_id, split_part(k.hash_scheme, ',', 1) INTO spec.hash_key_id, spec.hash_scheme
      FROM phone_crypt.configured_keys() AS k WHERE 'hash' = ANY (k.roles);
    -- What the setting says now holds for good: a writer's own setting must not decide.
    spec.regions := coalesce(given.regions, phone_crypt.default_regions());
    IF has_plaintext THEN
        SELECT format_type(a.atttypid, a.atttypmod), a.attnotnull INTO spec.plaintext_type, spec.plaintext_not_null
          FROM pg_attribute AS a
         WHERE a.attrelid = relation AND a.attname = column_name AND a.attnum > 0 AND NOT a.attisdropped;
    END IF;
    spec.on_forget := 'null';
    spec.registered_at := now();
    RETURN spec;
END;
$$;
COMMENT ON FUNCTION phone_crypt.new_registration(regclass, text, phone_crypt.columns, boolean) IS
    'what a column is registered with';

-- A column that is registered keeps its options: others than its own are a mistake that must not pass in silence.
CREATE FUNCTION phone_crypt.check_same_options(spec phone_crypt.columns, given phone_crypt.columns) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF (coalesce(given.encrypted_column, spec.encrypted_column), coalesce(given.hash_column, spec.hash_column),
        coalesce(given.raw_column, spec.raw_column), coalesce(given.context_column, spec.context_column),
        coalesce(given.regions, spec.regions), coalesce(nullif(given.context, ''), spec.context),
        coalesce(nullif(given.hash_context, ''), spec.hash_context), given.keep_original OR spec.keep_original)
       IS DISTINCT FROM
       (spec.encrypted_column, spec.hash_column, spec.raw_column, spec.context_column, spec.regions, spec.context,
        spec.hash_context, spec.keep_original)
    THEN
        RAISE EXCEPTION 'column % of table % is registered with other options', quote_ident(spec.column_name),
            spec.relation
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = 'phone_crypt.columns shows them. Leave the options out to go on with those.';
    END IF;
END;
$$;
COMMENT ON FUNCTION phone_crypt.check_same_options(phone_crypt.columns, phone_crypt.columns) IS
    '22023 where options differ from those that a column is registered with';

-- What a dry run finds out about a column of plain text.
CREATE FUNCTION phone_crypt.plaintext_counts(relation regclass, column_name text, regions text) RETURNS jsonb
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    counts jsonb;
BEGIN
    IF NOT phone_crypt.are_text_columns(relation, ARRAY[column_name]) THEN
        RETURN '{}';
    END IF;
    WITH read AS MATERIALIZED (
        SELECT phone_crypt.read_plain(r.columns[1], regions) AS reading,
               CASE WHEN regions IS NULL THEN @extschema@.phone_try_normalize(r.columns[1])
                    ELSE @extschema@.phone_try_normalize(r.columns[1], regions) END AS number
          FROM phone_crypt.read_as_owner(relation, ARRAY[column_name]) AS r
         WHERE r.columns[1] IS NOT NULL)
    SELECT jsonb_build_object(
        'rows', count(*),
        'numbers', count(*) FILTER (WHERE reading = 'number'),
        'with_extension', count(*) FILTER (WHERE reading = 'with_extension'),
        'with_text', count(*) FILTER (WHERE reading = 'with_text'),
        'not_a_phone_number', count(*) FILTER (WHERE reading = 'not_a_phone_number'),
        'duplicate', count(number) - count(DISTINCT number))
      INTO counts FROM read;
    RETURN counts;
END;
$$;
COMMENT ON FUNCTION phone_crypt.plaintext_counts(regclass, text, text) IS
    'what a column of plain text holds: numbers, extensions, garbage, repetitions';

-- Whether the table's schema has another relation of this name.
CREATE FUNCTION phone_crypt.has_neighbour(relation regclass, name text) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT EXISTS (SELECT FROM pg_class AS c JOIN pg_class AS o USING (relnamespace)
                    WHERE c.oid = relation AND o.relname = has_neighbour.name)
$$;
COMMENT ON FUNCTION phone_crypt.has_neighbour(regclass, text) IS
    'whether the schema of a table has a relation of this name';

CREATE PROCEDURE phone_add_encrypted_column(
    "table" regclass, "column" name, encrypted_column name DEFAULT NULL, hash_column name DEFAULT NULL,
    raw_column name DEFAULT NULL, context text DEFAULT '', context_column name DEFAULT NULL,
    hash_context text DEFAULT '', regions text DEFAULT NULL, keep_original boolean DEFAULT false,
    "index" text DEFAULT 'now', view_name name DEFAULT NULL, batch_size integer DEFAULT 5000,
    dry_run boolean DEFAULT false
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
    title pg_catalog.text;
    failure pg_catalog.text;
    callers pg_catalog.text[] := phone_crypt.begin_batch();
BEGIN
    IF "table" IS NULL OR "column" IS NULL THEN
        RAISE EXCEPTION 'table and column must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    PERFORM phone_crypt.check_owner("table");
    PERFORM phone_crypt.check_batch_size(batch_size);
    PERFORM phone_crypt.leaves("table");
    title := phone_crypt.job_title('phone_add_encrypted_column', "table", "column");
    SELECT * INTO spec FROM phone_crypt.columns AS c
     WHERE c.relation OPERATOR(pg_catalog.=) "table" AND c.column_name OPERATOR(pg_catalog.=) "column";
    is_registered := FOUND;
    IF is_registered AND NOT spec.has_plaintext THEN
        RAISE EXCEPTION 'column % of table % has no plain text any more', pg_catalog.quote_ident("column"), "table"
            USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    given := phone_crypt.given_options(encrypted_column, hash_column, raw_column, context, context_column, hash_context,
                                       regions, keep_original);
    IF is_registered THEN
        PERFORM phone_crypt.check_same_options(spec, given);
    ELSE
        spec := phone_crypt.new_registration("table", "column", given, true);
        PERFORM phone_crypt.check_registration(spec, "index");
    END IF;
    IF dry_run THEN
        RAISE NOTICE '%: dry run: %', title,
            phone_crypt.counts_text(phone_crypt.plaintext_counts("table", "column", spec.regions));
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
    spec := phone_crypt.registered("table", "column"::pg_catalog.text);
    SELECT b.job, b.details INTO job, counts
      FROM phone_crypt.job_begin('phone_add_encrypted_column', "table", "column",
                                 phone_crypt.pending('encrypt', "table", "column")) AS b;
    COMMIT;
    PERFORM phone_crypt.begin_batch();
    missing := phone_crypt.index_sql("table", "column", spec.hash_column, true);
    IF "index" OPERATOR(pg_catalog.=) 'concurrently' AND pg_catalog.cardinality(missing) OPERATOR(pg_catalog.>) 0 THEN
        RAISE NOTICE E'%: make the index now, then CALL it again:\n%;', title, pg_catalog.array_to_string(missing, E';\n');
        PERFORM phone_crypt.job_unlock("table");
        RETURN;
    END IF;

    CALL phone_crypt.work_through('phone_add_encrypted_column', 'encrypt', "table", "column", batch_size, '{}', job, counts,
                                  failure);
    IF view_name IS NOT NULL AND NOT phone_crypt.has_neighbour("table", view_name) THEN
        PERFORM phone_crypt.run_as_owner("table", phone_crypt.view_sql(spec, view_name));
        EXECUTE phone_crypt.view_trigger_sql(spec, view_name);
    END IF;
    PERFORM phone_crypt.job_end(job, counts);
    PERFORM phone_crypt.job_unlock("table");
    COMMIT;
END;
$$;
COMMENT ON PROCEDURE phone_add_encrypted_column(regclass, name, name, name, name, text, name, text, text, boolean, text, name, integer, boolean) IS
    'adds an encrypted column and its hash beside a column of plain text, keeps them in step, and fills them in batches';
