-- What stands in the way of another hash key for columns of the data types.

-- The rotation of a column, in the shape that the functions for indexes and constraints of a conversion take.
CREATE FUNCTION phone_crypt.hash_rotation(relation regclass, column_name text) RETURNS phone_crypt.conversions
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    found phone_crypt.conversions;
BEGIN
    SELECT * INTO found FROM phone_crypt.hash_rotations AS r
     WHERE r.relation = hash_rotation.relation AND r.column_name = hash_rotation.column_name
     LIMIT 1;
    RETURN found;
END;
$$;
COMMENT ON FUNCTION phone_crypt.hash_rotation(regclass, text) IS
    'the change of the hash key of a column; NULL where there is none';

-- The condition that a value is under another hash key than the present one.
CREATE FUNCTION phone_crypt.under_another_hash_key(relation regclass, column_name text) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT phone_crypt.not_under_hash_keys(relation, column_name, ARRAY(
        SELECT k.key_id FROM phone_crypt.configured_keys() AS k WHERE 'hash' = ANY (k.roles)))
$$;
COMMENT ON FUNCTION phone_crypt.under_another_hash_key(regclass, text) IS
    'the condition that a value of a column is under another hash key than the present one';

CREATE FUNCTION phone_crypt.not_under_hash_keys(relation regclass, column_name text, keys text[]) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT format('%s(t.%I) OPERATOR(pg_catalog.<>) ALL (%L::pg_catalog.text[])',
                  phone_crypt.function_of(relation, column_name, 'hash_key_id'), column_name, keys)
$$;
COMMENT ON FUNCTION phone_crypt.not_under_hash_keys(regclass, text, text[]) IS
    'the condition that a value of a column is under none of these hash keys';

-- The data types, and every type that holds values of one: arrays, domains, ranges, rows.
CREATE FUNCTION phone_crypt.types_with_values() RETURNS oid[]
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    WITH RECURSIVE holder (oid) AS (
        SELECT d.type::oid FROM (VALUES ('@extschema@.encrypted_phone'::regtype), ('@extschema@.encrypted_email'::regtype)) AS d (type)
        UNION
        SELECT n.oid FROM holder AS h CROSS JOIN LATERAL (
            SELECT t.oid FROM pg_type AS t WHERE t.typbasetype = h.oid OR t.typelem = h.oid AND t.typcategory = 'A'
            UNION ALL
            SELECT r.rngtypid FROM pg_range AS r WHERE r.rngsubtype = h.oid
            UNION ALL
            SELECT r.rngmultitypid FROM pg_range AS r WHERE r.rngtypid = h.oid
            UNION ALL
            SELECT c.reltype FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid
             WHERE a.atttypid = h.oid AND a.attnum > 0 AND NOT a.attisdropped AND c.reltype <> 0) AS n (oid)
    )
    SELECT array_agg(h.oid) FROM holder AS h
$$;
COMMENT ON FUNCTION phone_crypt.types_with_values() IS
    'the data types and the types that hold values of one';

-- Constants that somebody wrote as plain text were encrypted when they were stored, under the hash key of that time.
CREATE FUNCTION phone_crypt.stored_constants() RETURNS SETOF text
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    WITH constant (pattern) AS MATERIALIZED (
        SELECT format(':consttype (%s) :consttypmod \S+ :constcollid \S+ :constlen \S+ :constbyval \S+ :constisnull false',
                      array_to_string(phone_crypt.types_with_values(), '|')))
    SELECT DISTINCT pg_describe_object(e.classid, e.objid, 0)
      FROM constant, (SELECT 'pg_attrdef'::regclass, d.oid, d.adbin::text FROM pg_attrdef AS d
            UNION ALL SELECT 'pg_constraint'::regclass, c.oid, c.conbin::text FROM pg_constraint AS c
            UNION ALL SELECT 'pg_class'::regclass, i.indexrelid, concat(i.indexprs::text, i.indpred::text) FROM pg_index AS i
            UNION ALL SELECT 'pg_class'::regclass, c.oid, c.relpartbound::text FROM pg_class AS c
            UNION ALL SELECT 'pg_policy'::regclass, p.oid, concat(p.polqual::text, p.polwithcheck::text) FROM pg_policy AS p
            UNION ALL SELECT 'pg_proc'::regclass, p.oid, concat(p.proargdefaults::text, p.prosqlbody::text) FROM pg_proc AS p
            UNION ALL SELECT 'pg_statistic_ext'::regclass, s.oid, s.stxexprs::text FROM pg_statistic_ext AS s
            UNION ALL SELECT 'pg_trigger'::regclass, t.oid, t.tgqual::text FROM pg_trigger AS t
            UNION ALL SELECT 'pg_type'::regclass, t.oid, t.typdefaultbin::text FROM pg_type AS t
            -- A view is known by its rule.
            UNION ALL SELECT CASE r.rulename WHEN '_RETURN' THEN 'pg_class'::regclass ELSE 'pg_rewrite'::regclass END,
                             CASE r.rulename WHEN '_RETURN' THEN r.ev_class ELSE r.oid END,
                             concat(r.ev_qual::text, r.ev_action::text) FROM pg_rewrite AS r
            -- Of PostgreSQL 15 and later.
            UNION ALL SELECT 'pg_publication_rel'::regclass, p.oid, to_jsonb(p) ->> 'prqual' FROM pg_publication_rel AS p
           ) AS e (classid, objid, tree)
     WHERE e.tree LIKE '%{CONST%' AND e.tree ~ constant.pattern
$$;
COMMENT ON FUNCTION phone_crypt.stored_constants() IS
    'objects that hold constants of the data types';

-- What no rotation can bring under another key, wherever it is in the database.
CREATE FUNCTION phone_crypt.check_no_other_values() RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    types oid[] := phone_crypt.types_with_values();
    objects text;
BEGIN
    SELECT string_agg(o.object, E'\n' ORDER BY o.object) INTO objects FROM phone_crypt.stored_constants() AS o (object);
    IF objects IS NOT NULL THEN
        RAISE EXCEPTION 'constants of type encrypted_phone or encrypted_email are stored under the present hash key'
            USING ERRCODE = 'dependent_objects_still_exist', DETAIL = objects,
                  HINT = 'Drop these, or write the constants as ''...''::text::encrypted_phone there (or encrypted_email), which is read anew each time.';
    END IF;
    SELECT string_agg(format('column %I of %s', a.attname, a.attrelid::regclass), E'\n' ORDER BY a.attrelid, a.attnum)
      INTO objects
      FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid
     WHERE a.atttypid = ANY (types) AND a.attnum > 0 AND NOT a.attisdropped
       AND c.relkind IN ('r', 'p', 'm', 'f') AND c.relpersistence <> 't'
       AND (c.relkind <> 'r' OR c.relispartition OR c.reloftype <> 0
            OR a.atttypid NOT IN ('@extschema@.encrypted_phone'::regtype, '@extschema@.encrypted_email'::regtype) OR a.attgenerated <> ''
            OR EXISTS (SELECT FROM pg_inherits AS i WHERE a.attrelid IN (i.inhparent, i.inhrelid)));
    IF objects IS NOT NULL THEN
        RAISE EXCEPTION 'the hash key of these columns cannot be changed' USING ERRCODE = 'feature_not_supported',
            DETAIL = objects,
            HINT = 'It can where a column is of type encrypted_phone or encrypted_email itself, is not generated, and belongs to a plain table alone.';
    END IF;
    SELECT string_agg(format('%s.%I', c.relation, c.plain_column), ', ') INTO objects FROM phone_crypt.conversions AS c;
    IF objects IS NOT NULL THEN
        RAISE EXCEPTION 'columns are being converted: %', objects USING ERRCODE = 'object_not_in_prerequisite_state',
            HINT = 'Finish with phone_encrypt_column() and phone_drop_plaintext(), or phone_decrypt_column(), first.';
    END IF;
END;
$$;
COMMENT ON FUNCTION phone_crypt.check_no_other_values() IS
    'refuses a change of the hash key that would leave values of the database behind';

-- CHECK constraints that a column stands in, but for those of the rotation itself: they are made anew.
CREATE FUNCTION phone_crypt.carried_checks(relation regclass, number smallint)
    RETURNS TABLE (constraint_oid oid, name text, is_valid boolean, definition text, next_name text)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT c.oid, c.conname::text, c.convalidated,
           regexp_replace(pg_get_constraintdef(c.oid), ' NOT VALID$', ''), 'phone_crypt_check_' || c.oid
      FROM pg_constraint AS c
     WHERE c.conrelid = relation AND c.contype = 'c' AND carried_checks.number = ANY (c.conkey)
       AND NOT EXISTS (SELECT FROM phone_crypt.hash_rotations AS r
                        WHERE r.relation = carried_checks.relation AND r.next_number = ANY (c.conkey));
END;
$$;
COMMENT ON FUNCTION phone_crypt.carried_checks(regclass, smallint) IS
    'the CHECK constraints of a column that a change of its hash key makes anew';

CREATE FUNCTION phone_crypt.check_rehash_obstacles(relation regclass, number smallint) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    carried text[];
    objects text;
    remedies text;
BEGIN
    SELECT array_agg(o.object) INTO carried
      FROM (SELECT pg_describe_object('pg_constraint'::regclass, c.oid, 0) FROM pg_constraint AS c
             WHERE c.conrelid = relation AND c.contype = 'c' AND number = ANY (c.conkey)
            UNION ALL
            SELECT unnest(ARRAY[pg_describe_object('pg_trigger'::regclass, t.oid, 0),
                                format('trigger %s, which fires after that of the conversion', quote_ident(t.tgname))])
              FROM pg_trigger AS t
             WHERE t.tgrelid = relation AND t.tgfoid = 'phone_crypt.rehash_row()'::regprocedure
            UNION ALL
            SELECT 'security label of phone_crypt') AS o (object);
    SELECT string_agg(o.object, E'\n' ORDER BY o.object), string_agg(o.remedy, E'\n' ORDER BY o.object)
      INTO objects, remedies FROM phone_crypt.column_obstacles(relation, number) AS o
     WHERE o.object <> ALL (carried);
    IF objects IS NOT NULL THEN
        RAISE EXCEPTION 'other objects hang on column % of table %, and a change of the hash key does not carry them over',
            (SELECT quote_ident(a.attname) FROM pg_attribute AS a WHERE a.attrelid = relation AND a.attnum = number),
            relation
            USING ERRCODE = 'dependent_objects_still_exist', DETAIL = objects,
                  HINT = concat_ws(E'\n', 'Remove them now, and make them anew afterwards:', remedies);
    END IF;
END;
$$;
COMMENT ON FUNCTION phone_crypt.check_rehash_obstacles(regclass, smallint) IS
    '2BP01 where something hangs on a column that a change of its hash key does not carry over';

-- Everything that can be refused before anything is changed.
CREATE FUNCTION phone_crypt.check_rehashable(relation regclass, column_name text) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    number smallint := (SELECT a.attnum FROM pg_attribute AS a
                         WHERE a.attrelid = relation AND a.attname = column_name);
    known text[] := ARRAY(SELECT k.key_id FROM phone_crypt.configured_keys() AS k);
    unknown bigint;
    taken text;
BEGIN
    PERFORM phone_crypt.check_owner(relation);
    PERFORM phone_crypt.check_rehash_obstacles(relation, number);
    PERFORM phone_crypt.check_may_make_indexes(relation, number);
    IF (phone_crypt.hash_rotation(relation, column_name)).relation IS NULL THEN
        IF octet_length(column_name) > 53 THEN
            RAISE EXCEPTION 'the name of column % has more than 53 bytes', quote_ident(column_name)
                USING ERRCODE = 'name_too_long', HINT = 'A column named after it is added: rename it for the time being.';
        END IF;
        SELECT quote_ident(a.attname) INTO taken FROM pg_attribute AS a
         WHERE a.attrelid = relation AND a.attname = column_name || '_rehashed';
        IF FOUND THEN
            RAISE EXCEPTION 'table % has a column that this would make: %', relation, taken
                USING ERRCODE = 'duplicate_column', HINT = 'Rename it: nothing that is there already is used.';
        END IF;
    END IF;
    unknown := phone_crypt.count_as_owner(relation, concat_ws(' OR ',
        phone_crypt.not_under_hash_keys(relation, column_name, known),
        replace(phone_crypt.not_under_hash_keys(relation, column_name, known), '_hash_key_id(', '_key_id(')));
    IF unknown > 0 THEN
        RAISE EXCEPTION '% values in column % of table % are under keys that are not configured', unknown,
            quote_ident(column_name), relation
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = 'phone_column_keys() of the column names them. Add them to phone_crypt.previous_keys.';
    END IF;
END;
$$;
COMMENT ON FUNCTION phone_crypt.check_rehashable(regclass, text) IS
    'refuses a column whose hash key cannot be changed';
