-- The doctor: who may do what.

-- What was nobody's when the extension was installed, as pg_init_privs remembers it, and is everybody's now.
CREATE FUNCTION phone_crypt.doctor_public_grants() RETURNS SETOF phone_crypt.finding
    LANGUAGE sql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'critical', format('everybody may execute %s', p.oid::regprocedure),
           format('REVOKE EXECUTE ON ROUTINE %s FROM PUBLIC;', p.oid::regprocedure)
      FROM pg_init_privs AS i
      JOIN pg_proc AS p ON p.oid = i.objoid
      JOIN pg_depend AS d ON d.classid = i.classoid AND d.objid = i.objoid AND d.deptype = 'e'
      JOIN pg_extension AS e ON e.oid = d.refobjid AND d.refclassid = 'pg_extension'::regclass AND e.extname = 'phone_crypt'
     WHERE i.classoid = 'pg_proc'::regclass
       AND NOT EXISTS (SELECT FROM aclexplode(i.initprivs) AS a WHERE a.grantee = 0)
       AND EXISTS (SELECT FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) AS a WHERE a.grantee = 0)
    UNION ALL
    SELECT 'critical', format('everybody may %s %s', string_agg(lower(a.privilege_type), ', ' ORDER BY a.privilege_type), c.oid::regclass),
           format('REVOKE ALL ON %s FROM PUBLIC;', c.oid::regclass)
      FROM pg_class AS c, aclexplode(c.relacl) AS a
     WHERE c.relnamespace = 'phone_crypt'::regnamespace AND c.relkind IN ('r', 'v', 'm', 'p', 'f') AND a.grantee = 0
     GROUP BY c.oid
$$;
COMMENT ON FUNCTION phone_crypt.doctor_public_grants() IS
    'finds functions and tables of the extension that were given to everybody';

CREATE FUNCTION phone_crypt.doctor_readers() RETURNS SETOF phone_crypt.finding
    LANGUAGE sql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'info', format('%s may decrypt numbers: %s', phone_crypt.counted(count(*), 'role', 'roles'),
                          phone_crypt.some_of(array_agg(quote_ident(r.rolname) ORDER BY r.rolname COLLATE "C"))),
           'SELECT phone_crypt_revoke(''role'', ''reader''); for those that need not.'
      FROM pg_roles AS r
     WHERE NOT r.rolsuper
       AND (has_function_privilege(r.oid, '@extschema@.phone_decrypt(text,text)'::regprocedure, 'EXECUTE')
            OR has_function_privilege(r.oid, '@extschema@.phone_decrypt(@extschema@.encrypted_phone)'::regprocedure, 'EXECUTE'))
    HAVING count(*) > 0
    UNION ALL
    SELECT 'warning', format('%s may give others the right to execute functions of the extension that decrypt or hash: %s',
                             phone_crypt.counted(count(*), 'role', 'roles'),
                             phone_crypt.some_of(array_agg(quote_ident(g.rolname) ORDER BY g.rolname COLLATE "C"))),
           'REVOKE GRANT OPTION FOR ALL ON ALL ROUTINES IN SCHEMA phone_crypt, ' || quote_ident('@extschema@') || ' FROM '
           || string_agg(quote_ident(g.rolname), ', ' ORDER BY g.rolname COLLATE "C") || ';'
      FROM (SELECT DISTINCT r.rolname
              FROM phone_crypt.profiles AS f
              JOIN pg_proc AS p ON f.kind = 'function' AND f.profile IN ('writer', 'reader') AND p.oid = f.object::regprocedure
             CROSS JOIN LATERAL aclexplode(p.proacl) AS a
              JOIN pg_roles AS r ON r.oid = a.grantee
             WHERE a.is_grantable AND a.grantee <> p.proowner) AS g
    HAVING count(*) > 0
$$;
COMMENT ON FUNCTION phone_crypt.doctor_readers() IS
    'finds who may decrypt, and who may give that right to others';

-- What gives plain text, or answers that guesses can be compared by.
CREATE FUNCTION phone_crypt.doctor_revealing() RETURNS SETOF oid
    LANGUAGE sql STABLE PARALLEL RESTRICTED
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT p.oid FROM phone_crypt.profiles AS f JOIN pg_proc AS p ON p.oid = f.object::regprocedure
     WHERE f.profile = 'reader' AND f.kind = 'function'
       AND p.proname ~ '^(phone|email)_(decrypt|try_decrypt|decrypt_raw|decrypt_legacy|original|show|reveal|extension|hash|hashes|hashes_of)$'
$$;
COMMENT ON FUNCTION phone_crypt.doctor_revealing() IS
    'the functions that give plain text or hashes';

CREATE FUNCTION phone_crypt.doctor_definers() RETURNS SETOF phone_crypt.finding
    LANGUAGE sql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    WITH word (pattern) AS (
        SELECT '\m(' || string_agg(DISTINCT p.proname::text, '|') || ')\M'
          FROM phone_crypt.doctor_revealing() AS r (oid) JOIN pg_proc AS p ON p.oid = r.oid
    )
    SELECT CASE WHEN a.is_public THEN 'warning' ELSE 'info' END,
           format('%s is SECURITY DEFINER and decrypts or hashes: %s may call it, in the name of %s', p.oid::regprocedure,
                  CASE WHEN a.is_public THEN 'everybody' ELSE 'whoever has EXECUTE' END, quote_ident(r.rolname)),
           CASE WHEN a.is_public THEN format('REVOKE EXECUTE ON ROUTINE %s FROM PUBLIC;', p.oid::regprocedure)
                ELSE 'Look at who may execute it, and what it gives back.' END
      FROM pg_proc AS p
      JOIN pg_roles AS r ON r.oid = p.proowner
     CROSS JOIN word AS w
     CROSS JOIN LATERAL (SELECT EXISTS (SELECT FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) AS x
                                         WHERE x.grantee = 0) AS is_public) AS a
     WHERE p.prosecdef
       AND (p.prosrc ~ w.pattern
            OR EXISTS (SELECT FROM pg_depend AS d
                        WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.refclassid = 'pg_proc'::regclass
                          AND d.refobjid IN (SELECT phone_crypt.doctor_revealing())))
       AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
$$;
COMMENT ON FUNCTION phone_crypt.doctor_definers() IS
    'finds SECURITY DEFINER functions that decrypt or hash';

-- The query of a view, by the functions that its rule depends on.
CREATE FUNCTION phone_crypt.doctor_views() RETURNS SETOF phone_crypt.finding
    LANGUAGE sql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT DISTINCT CASE c.relkind WHEN 'm' THEN 'warning' ELSE 'info' END,
           CASE c.relkind WHEN 'm' THEN format('materialized view %s stores what it has decrypted or hashed, as plain text', c.oid::regclass)
                ELSE format('view %s decrypts or hashes with the table rights of its owner, %s', c.oid::regclass, quote_ident(r.rolname)) END,
           CASE c.relkind WHEN 'm' THEN format('DROP MATERIALIZED VIEW %s; and make a view that decrypts when it is read.', c.oid::regclass)
                ELSE 'Look at who may read it; on PostgreSQL 15 and later '
                     || format('ALTER VIEW %s SET (security_invoker = true); makes it ask for the reader''s own rights.', c.oid::regclass) END
      FROM pg_depend AS d
      JOIN pg_rewrite AS w ON w.oid = d.objid
      JOIN pg_class AS c ON c.oid = w.ev_class AND c.relkind IN ('v', 'm')
      JOIN pg_roles AS r ON r.oid = c.relowner
     WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_proc'::regclass
       AND d.refobjid IN (SELECT phone_crypt.doctor_revealing())
       AND c.relnamespace <> 'phone_crypt'::regnamespace
       AND NOT (c.relkind = 'v' AND coalesce(c.reloptions && '{security_invoker=true,security_invoker=on,security_invoker=1}', false))
$$;
COMMENT ON FUNCTION phone_crypt.doctor_views() IS
    'finds views that decrypt or hash, and materialized views that store what they decrypted';
