-- After the migration into the engine: a read-only view in the place of the legacy application's table.

-- The live state as the legacy application knows it. Rows of the table lead to what memory has of their keys; keys
-- that were never flushed are in memory only.
CREATE VIEW phone_crypt.legacy_rate_limits AS
    SELECT r.id, l.count, l.window_start, least(r.created_at, l.updated_at) AS created_at, l.updated_at
      FROM phone_crypt.rate_limits AS r CROSS JOIN LATERAL phone_crypt.live_count(r.id) AS l
     WHERE r.kind OPERATOR(pg_catalog.=) 0
    UNION ALL
    SELECT u.id, l.count, l.window_start, l.updated_at, l.updated_at
      FROM phone_crypt.unflushed_keys() AS u (id) CROSS JOIN LATERAL phone_crypt.live_count(u.id) AS l
     WHERE NOT EXISTS (SELECT FROM phone_crypt.rate_limits AS r WHERE r.id OPERATOR(pg_catalog.=) u.id AND r.kind OPERATOR(pg_catalog.=) 0);
COMMENT ON VIEW phone_crypt.legacy_rate_limits IS
    'the live state of rate limits in the form of the legacy application''s table; without policies';

CREATE FUNCTION phone_crypt.refuse_write() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RAISE EXCEPTION '% is a read-only view of the rate limits that phone_crypt keeps', TG_RELID::regclass
        USING ERRCODE = 'feature_not_supported',
              HINT = 'Count with ratelimit_hit() or ratelimit_hit_phone(). To go back: phone_crypt_release_rate_limits().';
END;
$$;
COMMENT ON FUNCTION phone_crypt.refuse_write() IS
    'the trigger of views made by phone_crypt_adopt_rate_limits';

-- Whoever may read or write a relation, apart from its owner. No grantee is PUBLIC.
CREATE FUNCTION phone_crypt.relation_grants(relation regclass)
    RETURNS TABLE (grantee regrole, privilege text, column_name name, grantable boolean)
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT nullif(acl.grantee, 0), acl.privilege_type, granted.column_name, acl.is_grantable
      FROM (SELECT NULL::name AS column_name, c.relacl AS acl, c.relowner
              FROM pg_class AS c WHERE c.oid = relation
            UNION ALL
            SELECT a.attname, a.attacl, c.relowner
              FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid
             WHERE a.attrelid = relation
               AND a.attname IN ('id', 'count', 'window_start', 'created_at', 'updated_at')) AS granted
     CROSS JOIN LATERAL aclexplode(granted.acl) AS acl
     WHERE acl.privilege_type IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE') AND acl.grantee <> granted.relowner
$$;
COMMENT ON FUNCTION phone_crypt.relation_grants(regclass) IS
    'who may read and write a table or view, apart from its owner';

-- A view's tables are read in its owner's name, but its functions run in the reader's. SECURITY DEFINER: only the
-- extension's owner can grant these, or take them back.
CREATE FUNCTION phone_crypt.let_read_live_counts(view_owner regrole, readers regrole[], lets boolean) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    verb text := CASE WHEN lets THEN 'GRANT %s TO %s' ELSE 'REVOKE %s FROM %s' END;
    reader regrole;
BEGIN
    FOREACH reader IN ARRAY readers || view_owner LOOP
        -- What a profile gives is not this function's to take back.
        CONTINUE WHEN NOT lets AND reader IS NOT NULL
                      AND has_function_privilege(reader, 'phone_crypt.ratelimit_entries()', 'EXECUTE');
        EXECUTE format(verb, 'EXECUTE ON FUNCTION phone_crypt.live_count(text), phone_crypt.unflushed_keys()',
                       coalesce(reader::text, 'PUBLIC'));
        IF reader = view_owner THEN
            EXECUTE format(verb, 'SELECT ON phone_crypt.legacy_rate_limits', view_owner);
        END IF;
    END LOOP;
END;
$$;
COMMENT ON FUNCTION phone_crypt.let_read_live_counts(regrole, regrole[], boolean) IS
    'gives or takes what reading a view made by phone_crypt_adopt_rate_limits needs';

-- Under what name a table is kept while a view has its own: names have 63 bytes.
CREATE FUNCTION phone_crypt.kept_name(name name) RETURNS name
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT (max(left(name::text, length)) || '_migrated')::name
      FROM generate_series(1, 54) AS length
     WHERE octet_length(left(name::text, length)) <= 54
$$;
COMMENT ON FUNCTION phone_crypt.kept_name(name) IS
    'the name of a table whose own a view has, made by phone_crypt_adopt_rate_limits';

CREATE FUNCTION phone_crypt_adopt_rate_limits("table" regclass, "window" interval DEFAULT '1 hour') RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    class pg_class;
    view_name text;
    kept name;
    phones bigint;
    live bigint;
    columns text;
    item record;
BEGIN
    IF "table" IS NULL OR "window" IS NULL THEN
        RAISE EXCEPTION 'table and window must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    PERFORM phone_crypt.check_legacy_table("table", false);
    EXECUTE format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE', "table");
    SELECT * INTO STRICT class FROM pg_class AS c WHERE c.oid = "table";
    view_name := format('%s.%I', class.relnamespace::regnamespace, class.relname);
    kept := phone_crypt.kept_name(class.relname);

    phones := phone_crypt.count_legacy_rows("table", true, false, false);
    live := phone_crypt.count_as_owner("table", format(
        't.window_start::numeric / 1000 + extract(epoch FROM %L::interval)::numeric '
        '> extract(epoch FROM clock_timestamp())::numeric', "window"));
    IF phones > 0 OR live > 0 THEN
        RAISE EXCEPTION 'table % has % rows phone:... and % rows whose window is not over', "table", phones, live
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = format('CALL phone_migrate_rate_limits(%L, ''phone_crypt.rate_limits'', other_keys => ''move''); '
                                'then delete the rows that it left as they are.', "table"::text);
    END IF;

    -- Without the modifier of varchar, which would cut keys off.
    SELECT string_agg(format('e.%1$I::%2$s AS %1$I', a.attname,
                             format_type(a.atttypid, CASE a.attname WHEN 'id' THEN NULL ELSE a.atttypmod END)),
                      ', ' ORDER BY a.attnum)
      INTO columns
      FROM pg_attribute AS a
     WHERE a.attrelid = "table" AND a.attname IN ('id', 'count', 'window_start', 'created_at', 'updated_at');
    EXECUTE format('ALTER TABLE %s RENAME TO %I', "table", kept);
    EXECUTE format('CREATE VIEW %s AS SELECT %s FROM phone_crypt.legacy_rate_limits AS e', view_name, columns);
    EXECUTE format('COMMENT ON VIEW %s IS %L', view_name,
                   'the rate limits that phone_crypt keeps, by phone_crypt_adopt_rate_limits; the table is now ' || kept);
    -- The first lets PostgreSQL plan a write, the second refuses it also where it would meet no row.
    EXECUTE format('CREATE TRIGGER refuse_row INSTEAD OF INSERT OR UPDATE OR DELETE ON %s '
                   'FOR EACH ROW EXECUTE FUNCTION phone_crypt.refuse_write()', view_name);
    EXECUTE format('CREATE TRIGGER refuse_write BEFORE INSERT OR UPDATE OR DELETE ON %s '
                   'FOR EACH STATEMENT EXECUTE FUNCTION phone_crypt.refuse_write()', view_name);
    -- Also the right to write: whoever had it is told what to do instead.
    FOR item IN SELECT * FROM phone_crypt.relation_grants("table") LOOP
        EXECUTE format('GRANT %s%s ON %s TO %s%s', item.privilege, ' (' || quote_ident(item.column_name) || ')', view_name,
                       coalesce(item.grantee::text, 'PUBLIC'), CASE WHEN item.grantable THEN ' WITH GRANT OPTION' END);
    END LOOP;
    EXECUTE format('ALTER VIEW %s OWNER TO %s', view_name, class.relowner::regrole);
    PERFORM phone_crypt.let_read_live_counts(class.relowner, coalesce(array_agg(DISTINCT g.grantee), '{}'), true)
       FROM phone_crypt.relation_grants("table") AS g WHERE g.privilege = 'SELECT';
    RAISE NOTICE '% is a view of the rate limits that phone_crypt keeps; the table is kept as %', view_name, kept;
END;
$$;

CREATE FUNCTION phone_crypt_release_rate_limits("table" regclass) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    class pg_class;
    kept regclass;
    readers regrole[];
BEGIN
    IF "table" IS NULL THEN
        RAISE EXCEPTION 'table must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    PERFORM phone_crypt.check_owner("table");
    SELECT * INTO STRICT class FROM pg_class AS c WHERE c.oid = "table";
    IF NOT EXISTS (SELECT FROM pg_trigger AS t
                    WHERE t.tgrelid = "table" AND t.tgfoid = 'phone_crypt.refuse_write()'::regprocedure)
    THEN
        RAISE EXCEPTION '% is no view made by phone_crypt_adopt_rate_limits', "table"
            USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    kept := to_regclass(format('%s.%I', class.relnamespace::regnamespace, phone_crypt.kept_name(class.relname)));
    IF kept IS NULL THEN
        RAISE EXCEPTION 'the table that was kept as % does not exist', phone_crypt.kept_name(class.relname)
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = 'Give it that name again. Without it: drop the view, and create a table.';
    END IF;
    PERFORM phone_crypt.check_legacy_table(kept, false);
    -- Not the view: that would lock what it reads from, too.
    EXECUTE format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE', kept);

    -- Nobody starts anew because of the way back.
    PERFORM phone_crypt.take_back_counts(kept, "table");
    SELECT coalesce(array_agg(DISTINCT g.grantee), '{}') INTO readers
      FROM phone_crypt.relation_grants("table") AS g WHERE g.privilege = 'SELECT';
    EXECUTE format('DROP VIEW %s', "table");
    EXECUTE format('ALTER TABLE %s RENAME TO %I', kept, class.relname);
    IF NOT EXISTS (SELECT FROM pg_trigger AS t WHERE t.tgfoid = 'phone_crypt.refuse_write()'::regprocedure) THEN
        PERFORM phone_crypt.let_read_live_counts(class.relowner, readers, false);
    END IF;
END;
$$;
