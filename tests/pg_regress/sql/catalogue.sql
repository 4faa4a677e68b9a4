-- What the catalogue says of every object of the extension: volatility is a security property here, since an
-- IMMUTABLE function that reads a key would be folded into plans.
\pset format unaligned
\pset null '<NULL>'
CREATE VIEW t.member AS
    SELECT depend.classid, depend.objid
      FROM pg_catalog.pg_depend AS depend JOIN pg_catalog.pg_extension AS extension
        ON depend.refclassid = 'pg_extension'::regclass AND depend.refobjid = extension.oid
     WHERE depend.deptype = 'e' AND extension.extname = 'phone_crypt';

SELECT p.proname, pg_get_function_arguments(p.oid) AS arguments, pg_get_function_result(p.oid) AS result,
       CASE p.provolatile WHEN 'i' THEN 'immutable' WHEN 's' THEN 'stable' WHEN 'v' THEN 'volatile' END AS volatility,
       CASE p.proparallel WHEN 's' THEN 'safe' WHEN 'r' THEN 'restricted' WHEN 'u' THEN 'unsafe' END AS parallel,
       p.proisstrict AS strict, p.proleakproof AS leakproof, p.prosecdef AS definer, p.proconfig AS settings,
       l.lanname AS language
  FROM t.member JOIN pg_catalog.pg_proc AS p ON p.oid = objid JOIN pg_catalog.pg_language AS l ON l.oid = p.prolang
 WHERE classid = 'pg_proc'::regclass
 ORDER BY p.oid::regprocedure::text COLLATE "C";

-- Each of these lists must be empty.
SELECT objid::regprocedure AS function_without_comment
  FROM t.member WHERE classid = 'pg_proc'::regclass AND obj_description(objid, 'pg_proc') IS NULL;
SELECT objid::regclass AS relation_without_comment
  FROM t.member JOIN pg_class AS c ON c.oid = objid
 WHERE classid = 'pg_class'::regclass AND c.relkind IN ('r', 'v', 'p', 'm') AND obj_description(objid, 'pg_class') IS NULL;
SELECT objid::regprocedure AS security_definer_without_pinned_search_path
  FROM t.member JOIN pg_proc AS p ON p.oid = objid
 WHERE classid = 'pg_proc'::regclass AND p.prosecdef
   AND NOT coalesce('search_path=pg_catalog, pg_temp' = ANY (p.proconfig), false);
SELECT objid::regprocedure AS plpgsql_without_pinned_search_path
  FROM t.member JOIN pg_proc AS p ON p.oid = objid JOIN pg_language AS l ON l.oid = p.prolang
 WHERE classid = 'pg_proc'::regclass AND l.lanname IN ('plpgsql', 'sql') AND p.prokind = 'f'
   AND NOT coalesce('search_path=pg_catalog, pg_temp' = ANY (p.proconfig), false)
 ORDER BY objid::regprocedure::text COLLATE "C";
SELECT objid::regprocedure AS immutable_although_it_may_read_a_key_or_a_setting
  FROM t.member JOIN pg_proc AS p ON p.oid = objid
 WHERE classid = 'pg_proc'::regclass AND p.provolatile = 'i'
   AND (p.proname ~ 'hash|crypt$|reveal|raw|legacy|ratelimit'
        OR p.proname !~ '^phone_crypt|key_id$' AND p.proargnames[p.pronargs] <> 'regions')
 ORDER BY objid::regprocedure::text COLLATE "C";
SELECT objid::regprocedure AS parallel_safe_although_it_returns_plain_text
  FROM t.member JOIN pg_proc AS p ON p.oid = objid
 WHERE classid = 'pg_proc'::regclass AND p.proname ~ 'decrypt|reveal' AND p.proparallel = 's';
SELECT objid::regclass AS state_not_marked_for_dump
  FROM t.member JOIN pg_class AS c ON c.oid = objid
 WHERE classid = 'pg_class'::regclass AND c.relkind IN ('r', 'S', 'p')
   AND objid <> ALL (SELECT unnest(extconfig) FROM pg_extension WHERE extname = 'phone_crypt');
SELECT pg_describe_object(classid, objid, 0) AS object_elsewhere
  FROM t.member
 WHERE (classid = 'pg_class'::regclass AND (SELECT relnamespace FROM pg_class WHERE oid = objid) <> 'phone_crypt'::regnamespace)
    OR (classid = 'pg_proc'::regclass
        AND (SELECT pronamespace FROM pg_proc WHERE oid = objid) NOT IN ('phone_crypt'::regnamespace, 'public'::regnamespace));

-- Everything else that CREATE EXTENSION makes.
SELECT pg_describe_object(classid, objid, 0) AS object,
       obj_description(objid, CASE classid WHEN 'pg_class'::regclass THEN 'pg_class' ELSE 'pg_namespace' END) AS comment
  FROM t.member WHERE classid NOT IN ('pg_proc'::regclass, 'pg_type'::regclass)
 ORDER BY pg_describe_object(classid, objid, 0) COLLATE "C";
SELECT extrelocatable AS relocatable, extnamespace::regnamespace AS schema,
       extversion ~ '^[0-9]+\.[0-9]+\.[0-9]+$' AS has_version,
       array(SELECT trim(concat(config::regclass, ' ', condition)) FROM unnest(extconfig, extcondition) AS c (config, condition)
              ORDER BY config::regclass::text COLLATE "C") AS dumped
  FROM pg_extension WHERE extname = 'phone_crypt';
SELECT phone_crypt_version() ~ format('^phone_crypt %s \(git [^)]+\) for PostgreSQL %s$', replace(extversion, '.', '\.'),
                                      current_setting('server_version_num')::integer / 10000) AS version
  FROM pg_extension WHERE extname = 'phone_crypt';
DROP VIEW t.member;
