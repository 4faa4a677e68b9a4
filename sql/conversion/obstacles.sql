-- What hangs on a column of plain text, and would stay with it when another column takes its name. What a conversion
-- does not carry over stops it, by name, before anything is changed.

-- Triggers fire in the order of their names: ours comes last, so that it sees what the others have made of a row.
CREATE FUNCTION phone_crypt.sync_trigger_name(number smallint) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'zz_phone_crypt_' || number
$$;
COMMENT ON FUNCTION phone_crypt.sync_trigger_name(smallint) IS
    'the name of the trigger that keeps two columns in step';

CREATE FUNCTION phone_crypt.column_obstacles(relation regclass, number smallint)
    RETURNS TABLE (object text, remedy text)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH carried AS MATERIALIZED (
        SELECT * FROM phone_crypt.carried_indexes(relation, column_obstacles.number)
    ), own AS (
        SELECT quote_ident(a.attname) AS name, a.attname, a.attoptions, c.relname
          FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid
         WHERE a.attrelid = relation AND a.attnum = column_obstacles.number
    ), dependents AS (
        -- A view is known by its rule.
        SELECT DISTINCT CASE WHEN r.rulename = '_RETURN' THEN 'pg_class'::regclass ELSE d.classid END AS classid,
                        CASE WHEN r.rulename = '_RETURN' THEN r.ev_class ELSE d.objid END AS objid,
                        CASE WHEN r.rulename = '_RETURN' THEN 0 ELSE d.objsubid END AS objsubid
          FROM pg_depend AS d
          LEFT JOIN pg_rewrite AS r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid
         WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = relation
           AND d.refobjsubid = column_obstacles.number
    )
    SELECT pg_describe_object(d.classid, d.objid, d.objsubid),
           CASE
               WHEN k.contype = 'n' THEN format('ALTER TABLE %s VALIDATE CONSTRAINT %I;', relation, k.conname)
               WHEN k.oid IS NOT NULL THEN format('ALTER TABLE %s DROP CONSTRAINT %I;', k.conrelid::regclass, k.conname)
               WHEN f.adnum = column_obstacles.number
                   THEN format('ALTER TABLE %s ALTER COLUMN %s DROP DEFAULT;', relation, own.name)
               -- A generated column: PostgreSQL 14 has the column itself here.
               WHEN f.oid IS NOT NULL OR i.type = 'table column'
                   THEN format('ALTER TABLE %s DROP COLUMN %I;', relation,
                               (SELECT a.attname FROM pg_attribute AS a
                                 WHERE a.attrelid = relation AND a.attnum = coalesce(f.adnum, d.objsubid)))
               WHEN i.type = 'statistics object' THEN format('DROP STATISTICS %s;', i.identity)
               WHEN i.type = 'publication relation'
                   THEN format('ALTER PUBLICATION %I DROP TABLE %s;',
                               (SELECT p.pubname FROM pg_publication_rel AS l JOIN pg_publication AS p ON p.oid = l.prpubid
                                 WHERE l.oid = d.objid), relation)
               WHEN i.type IN ('view', 'materialized view', 'index', 'trigger', 'policy', 'rule', 'function', 'procedure')
                   THEN format('DROP %s %s;', upper(i.type), i.identity)
           END
      FROM own, dependents AS d
      CROSS JOIN LATERAL pg_identify_object(d.classid, d.objid, d.objsubid) AS i
      LEFT JOIN pg_constraint AS k ON d.classid = 'pg_constraint'::regclass AND k.oid = d.objid
      LEFT JOIN pg_attrdef AS f ON d.classid = 'pg_attrdef'::regclass AND f.oid = d.objid
      LEFT JOIN pg_trigger AS t ON d.classid = 'pg_trigger'::regclass AND t.oid = d.objid
     WHERE NOT (d.classid = 'pg_class'::regclass AND d.objid IN (SELECT c.index FROM carried AS c))
       AND NOT EXISTS (SELECT FROM phone_crypt.conversions AS c
                        WHERE c.relation = coalesce(pg_partition_root(column_obstacles.relation), column_obstacles.relation)
                          AND d.classid = 'pg_class'::regclass
                          AND phone_crypt.pending_index(c) = coalesce(pg_partition_root(d.objid), d.objid))
       AND coalesce(NOT (k.contype = 'n' AND k.convalidated) AND k.oid NOT IN (SELECT c.constraint_oid FROM carried AS c
                                                        WHERE c.constraint_oid IS NOT NULL), true)
       AND coalesce(t.tgfoid <> 'phone_crypt.convert_row()'::regprocedure, true)
    UNION ALL
    SELECT format('%s of index %s', CASE WHEN i.indisreplident THEN 'replica identity' ELSE 'clustering' END,
                  i.indexrelid::regclass),
           format('ALTER TABLE %s %s;', relation,
                  CASE WHEN i.indisreplident THEN 'REPLICA IDENTITY DEFAULT' ELSE 'SET WITHOUT CLUSTER' END)
      FROM pg_index AS i
     WHERE i.indrelid = relation AND column_obstacles.number = ANY (i.indkey::int2[])
       AND (i.indisreplident OR i.indisclustered)
    UNION ALL
    SELECT 'options of the column',
           format('ALTER TABLE %s ALTER COLUMN %s RESET (n_distinct, n_distinct_inherited);', relation, own.name)
      FROM own WHERE own.attoptions IS NOT NULL
    UNION ALL
    SELECT format('security label of %s', quote_ident(l.provider)),
           format('SECURITY LABEL FOR %I ON COLUMN %s.%s IS NULL;', l.provider, relation, own.name)
      FROM own, pg_seclabel AS l
     WHERE l.classoid = 'pg_class'::regclass AND l.objoid = relation AND l.objsubid = column_obstacles.number
    UNION ALL
    SELECT format('trigger %s, which fires after that of the conversion', quote_ident(t.tgname)),
           format('ALTER TRIGGER %I ON %s RENAME TO ...;', t.tgname, relation)
      FROM pg_trigger AS t
     -- BEFORE, FOR EACH ROW, INSERT or UPDATE.
     WHERE t.tgrelid = relation AND t.tgtype & 3 = 3 AND t.tgtype & 20 <> 0
       AND t.tgname COLLATE "C" > 'zz_phone_crypt_' AND t.tgfoid <> 'phone_crypt.convert_row()'::regprocedure
    UNION ALL
    SELECT format('privilege %s of %s, granted by %s', g.privilege_type, g.grantee::regrole, g.grantor::regrole),
           format('SET ROLE %s; REVOKE %s (%s) ON %s FROM %s; RESET ROLE;', g.grantor::regrole, g.privilege_type, own.name,
                  relation, CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE g.grantee::regrole::text END)
      FROM own, pg_class AS c, pg_attribute AS a, aclexplode(a.attacl) AS g
     WHERE c.oid = relation AND a.attrelid = relation AND a.attnum = column_obstacles.number AND g.grantor <> c.relowner;
END;
$$;
COMMENT ON FUNCTION phone_crypt.column_obstacles(regclass, smallint) IS
    'what hangs on a column and is not carried over, and the statement that removes it';

-- Functions whose text declares a variable of the column's type. Every function of the database is looked at, so never under
-- a lock; none would keep others from being made anyway.
CREATE FUNCTION phone_crypt.users_of_type(relation regclass, number smallint) RETURNS SETOF text
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN QUERY
    SELECT format('%%TYPE of the column in function %s', p.oid::regprocedure)
      FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid, pg_proc AS p JOIN pg_language AS l ON l.oid = p.prolang
     WHERE a.attrelid = relation AND a.attnum = number AND l.lanname IN ('plpgsql', 'sql') AND p.prosrc ~* '%\s*type'
       AND position(lower(regexp_replace(c.relname || '.' || a.attname || '%type', '["[:space:]]', '', 'g'))
                    IN lower(regexp_replace(p.prosrc, '["[:space:]]', '', 'g'))) > 0;
END;
$$;
COMMENT ON FUNCTION phone_crypt.users_of_type(regclass, smallint) IS
    'functions with a variable of the type of a column, %TYPE';

-- Roles that may use the column, but not give plain text where it is of the data type: their statements would fail.
CREATE FUNCTION phone_crypt.roles_without_right(relation regclass, number smallint, data_type text DEFAULT 'encrypted_phone')
    RETURNS text[]
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(array_agg(DISTINCT CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE g.grantee::regrole::text END), '{}')
      FROM (SELECT a.grantee, a.privilege_type
              FROM pg_class AS c, aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) AS a
             WHERE c.oid = relation
            UNION ALL
            SELECT a.grantee, a.privilege_type FROM pg_attribute AS c, aclexplode(c.attacl) AS a
             WHERE c.attrelid = relation AND c.attnum = number) AS g
     WHERE g.privilege_type IN ('SELECT', 'INSERT', 'UPDATE')
       AND NOT EXISTS (SELECT FROM pg_roles AS r WHERE r.oid = g.grantee AND r.rolsuper)
       AND NOT CASE data_type WHEN 'encrypted_email'
               THEN has_function_privilege(g.grantee, '@extschema@.email_encrypt(text,text)', 'EXECUTE')
                    AND has_function_privilege(g.grantee, '@extschema@.email_hash(text,text)', 'EXECUTE')
               ELSE has_function_privilege(g.grantee, '@extschema@.phone_encrypt(text,text,text)', 'EXECUTE')
                    AND has_function_privilege(g.grantee, '@extschema@.phone_hash(text,text,text)', 'EXECUTE') END
$$;
COMMENT ON FUNCTION phone_crypt.roles_without_right(regclass, smallint, text) IS
    'roles that may use a column of a table, and not phone_encrypt and phone_hash, or their kin for e-mail';

-- under_lock: the table is locked, and has been checked just before.
CREATE FUNCTION phone_crypt.check_obstacles(relation regclass, number smallint, under_lock boolean) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    objects text;
    remedies text;
BEGIN
    SELECT string_agg(o.object, E'\n' ORDER BY o.object), string_agg(o.remedy, E'\n' ORDER BY o.object)
      INTO objects, remedies FROM phone_crypt.column_obstacles(relation, number) AS o;
    IF NOT under_lock THEN
        objects := concat_ws(E'\n', objects, (SELECT string_agg(u, E'\n' ORDER BY u)
                                                FROM phone_crypt.users_of_type(relation, number) AS u));
    END IF;
    IF objects <> '' THEN
        RAISE EXCEPTION 'other objects hang on column % of table %, and a conversion does not carry them over',
            (SELECT quote_ident(a.attname) FROM pg_attribute AS a WHERE a.attrelid = relation AND a.attnum = number),
            relation
            USING ERRCODE = 'dependent_objects_still_exist', DETAIL = objects,
                  HINT = concat_ws(E'\n', 'Remove them now, and make them anew for the encrypted column afterwards:',
                                   remedies);
    END IF;
END;
$$;
COMMENT ON FUNCTION phone_crypt.check_obstacles(regclass, smallint, boolean) IS
    '2BP01 where something hangs on a column that a conversion does not carry over';

-- Of the table first: what partitions have of it goes with it.
CREATE FUNCTION phone_crypt.check_obstacles_of_all(relation regclass, column_name text, under_lock boolean) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    own record;
BEGIN
    FOR own IN SELECT a.attrelid, a.attnum FROM unnest(phone_crypt.tree(relation)) WITH ORDINALITY AS t (part, place)
                 JOIN pg_attribute AS a ON a.attrelid = t.part AND a.attname = column_name
                ORDER BY t.place LOOP
        PERFORM phone_crypt.check_obstacles(own.attrelid, own.attnum, under_lock);
    END LOOP;
END;
$$;
COMMENT ON FUNCTION phone_crypt.check_obstacles_of_all(regclass, text, boolean) IS
    'check_obstacles of a table and its partitions';

-- Indexes are made in the owner's name.
CREATE FUNCTION phone_crypt.check_may_make_indexes(relation regclass, number smallint) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    own record;
BEGIN
    SELECT c.relnamespace::regnamespace AS schema, c.relowner::regrole AS owner INTO own
      FROM pg_class AS c WHERE c.oid = relation;
    IF EXISTS (SELECT FROM phone_crypt.carried_indexes(relation, number))
       AND NOT has_schema_privilege(own.owner, own.schema, 'CREATE') THEN
        RAISE EXCEPTION 'the owner of table % may not make indexes in its schema', relation
            USING ERRCODE = 'insufficient_privilege',
                  HINT = format('GRANT CREATE ON SCHEMA %s TO %s;', own.schema, own.owner);
    END IF;
END;
$$;
COMMENT ON FUNCTION phone_crypt.check_may_make_indexes(regclass, smallint) IS
    '42501 where the owner of a table may not make the indexes of a conversion';

-- Columns are added that are named after this one.
CREATE FUNCTION phone_crypt.check_new_columns(relation regclass, column_name text) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    taken text;
BEGIN
    IF octet_length(column_name) > 53 THEN
        RAISE EXCEPTION 'the name of column % has more than 53 bytes', quote_ident(column_name)
            USING ERRCODE = 'name_too_long', HINT = 'Columns named after it are added: rename it for the time being.';
    END IF;
    SELECT string_agg(quote_ident(a.attname), ', ') INTO taken FROM pg_attribute AS a
     WHERE a.attrelid = relation AND a.attname IN (column_name || '_encrypted', column_name || '_plain');
    IF taken IS NOT NULL THEN
        RAISE EXCEPTION 'table % has columns that a conversion would make: %', relation, taken
            USING ERRCODE = 'duplicate_column', HINT = 'Rename them: nothing that is there already is used.';
    END IF;
END;
$$;
COMMENT ON FUNCTION phone_crypt.check_new_columns(regclass, text) IS
    'refuses a column whose companions have no name, or one that is taken';

-- Everything that can be refused before anything is changed, for a column that is not on its way yet.
CREATE FUNCTION phone_crypt.check_convertible(relation regclass, column_name text) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    own record;
BEGIN
    PERFORM phone_crypt.check_table(relation);
    SELECT a.attnum, a.atttypid, a.attgenerated, a.attidentity, t.typtype INTO own
      FROM pg_attribute AS a JOIN pg_type AS t ON t.oid = a.atttypid
     WHERE a.attrelid = relation AND a.attname = column_name AND a.attnum > 0;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'table % has no column %', relation, quote_ident(column_name) USING ERRCODE = 'undefined_column';
    ELSIF own.typtype = 'd' THEN
        RAISE EXCEPTION 'column % is of a domain', quote_ident(column_name) USING ERRCODE = 'datatype_mismatch',
            HINT = 'What the domain asks for would be lost. ALTER its TYPE to what the domain is made of first.';
    ELSIF own.atttypid NOT IN ('text'::regtype, 'varchar'::regtype, 'bpchar'::regtype) OR own.attgenerated <> '' THEN
        RAISE EXCEPTION 'column % is not one of type text, varchar or char', quote_ident(column_name)
            USING ERRCODE = 'datatype_mismatch';
    END IF;
    PERFORM phone_crypt.check_new_columns(relation, column_name);
    PERFORM phone_crypt.check_partitioned(relation, column_name)
       FROM pg_class AS c WHERE c.oid = relation AND c.relkind = 'p';
    PERFORM phone_crypt.check_obstacles_of_all(relation, column_name, false);
    PERFORM phone_crypt.check_may_make_indexes(relation, own.attnum);
END;
$$;
COMMENT ON FUNCTION phone_crypt.check_convertible(regclass, text) IS
    'refuses a column that cannot be converted';

CREATE FUNCTION phone_crypt.check_rights(relation regclass, number smallint, data_type text DEFAULT 'encrypted_phone')
    RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    roles text[] := phone_crypt.roles_without_right(relation, number, data_type);
BEGIN
    IF cardinality(roles) > 0 THEN
        -- Not the argument: a message shows nothing that somebody may have put there.
        RAISE EXCEPTION 'roles that use the column may not give plain %',
            CASE data_type WHEN 'encrypted_email' THEN 'e-mail addresses as encrypted_email'
                           ELSE 'phone numbers as encrypted_phone' END USING ERRCODE = 'insufficient_privilege', DETAIL = array_to_string(roles, ', '),
                  HINT = 'SELECT phone_crypt_grant(role, ''writer''); or take their privileges on the column away.';
    END IF;
END;
$$;
COMMENT ON FUNCTION phone_crypt.check_rights(regclass, smallint, text) IS
    '42501 where roles that use a column lack the right to give plain text once it is encrypted';
