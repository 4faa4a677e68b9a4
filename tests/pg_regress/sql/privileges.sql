-- The privilege matrix: every function, table, view and type of the extension, for a role without a grant, for each profile,
-- and for pg_monitor. What is not in the catalogue cannot be forgotten here: the rows come from pg_depend.
\pset format unaligned
\pset null '<NULL>'
CREATE ROLE regress_plain;
CREATE ROLE regress_masked;
CREATE ROLE regress_writer;
CREATE ROLE regress_reader;
CREATE ROLE regress_limiter;
CREATE ROLE regress_gateway;
CREATE ROLE regress_restore;
CREATE ROLE regress_auditor;
CREATE ROLE regress_admin;
SELECT phone_crypt_grant(('regress_' || profile)::regrole, profile)
  FROM unnest(ARRAY['masked', 'writer', 'reader', 'limiter', 'gateway', 'restore', 'auditor', 'admin']) AS profile;

CREATE VIEW t.grantee AS
    SELECT name FROM unnest(ARRAY['regress_plain', 'regress_masked', 'regress_writer', 'regress_reader', 'regress_limiter', 'regress_gateway',
                                  'regress_restore', 'regress_auditor', 'regress_admin', 'pg_monitor']) AS name;
CREATE VIEW t.member AS
    SELECT depend.classid, depend.objid
      FROM pg_catalog.pg_depend AS depend JOIN pg_catalog.pg_extension AS extension
        ON depend.refclassid = 'pg_extension'::regclass AND depend.refobjid = extension.oid
     WHERE depend.deptype = 'e' AND extension.extname = 'phone_crypt';

-- x: may execute it. "plain" is what PUBLIC has.
SELECT objid::regprocedure AS function,
       CASE WHEN has_function_privilege('regress_plain',   objid, 'EXECUTE') THEN 'x' ELSE '-' END AS plain,
       CASE WHEN has_function_privilege('regress_masked',  objid, 'EXECUTE') THEN 'x' ELSE '-' END AS masked,
       CASE WHEN has_function_privilege('regress_writer',  objid, 'EXECUTE') THEN 'x' ELSE '-' END AS writer,
       CASE WHEN has_function_privilege('regress_reader',  objid, 'EXECUTE') THEN 'x' ELSE '-' END AS reader,
       CASE WHEN has_function_privilege('regress_limiter', objid, 'EXECUTE') THEN 'x' ELSE '-' END AS limiter,
       CASE WHEN has_function_privilege('regress_gateway', objid, 'EXECUTE') THEN 'x' ELSE '-' END AS gateway,
       CASE WHEN has_function_privilege('regress_restore', objid, 'EXECUTE') THEN 'x' ELSE '-' END AS restore,
       CASE WHEN has_function_privilege('regress_auditor', objid, 'EXECUTE') THEN 'x' ELSE '-' END AS auditor,
       CASE WHEN has_function_privilege('regress_admin',   objid, 'EXECUTE') THEN 'x' ELSE '-' END AS admin,
       CASE WHEN has_function_privilege('pg_monitor',      objid, 'EXECUTE') THEN 'x' ELSE '-' END AS monitor
  FROM t.member WHERE classid = 'pg_proc'::regclass
 ORDER BY objid::regprocedure::text COLLATE "C";

-- r: may read it, w: may change it.
SELECT objid::regclass AS relation, role.name AS role,
       CASE WHEN has_table_privilege(role.name, objid, 'SELECT') THEN 'r' ELSE '-' END
           || CASE WHEN has_table_privilege(role.name, objid, 'INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')
                   THEN 'w' ELSE '-' END AS may
  FROM t.member, t.grantee AS role
 WHERE classid = 'pg_class'::regclass
   AND has_table_privilege(role.name, objid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')
 ORDER BY objid::regclass::text COLLATE "C", role.name COLLATE "C";
SELECT objid::regclass AS relation_that_none_of_them_may_touch
  FROM t.member
 WHERE classid = 'pg_class'::regclass AND NOT EXISTS (
           SELECT FROM t.grantee AS role
            WHERE has_any_column_privilege(role.name, objid, 'SELECT, INSERT, UPDATE, REFERENCES'))
 ORDER BY objid::regclass::text COLLATE "C";
-- Types, but those that go with a relation or with their elements. To use one shows nothing: its functions are above.
SELECT objid::regtype AS type, string_agg(role.name, ' ' ORDER BY role.name COLLATE "C") AS may_use
  FROM t.member JOIN pg_catalog.pg_type AS type ON type.oid = objid
  LEFT JOIN pg_catalog.pg_class AS relation ON relation.oid = type.typrelid, t.grantee AS role
 WHERE classid = 'pg_type'::regclass AND type.typcategory <> 'A' AND coalesce(relation.relkind = 'c', true)
   AND has_type_privilege(role.name, objid, 'USAGE')
 GROUP BY objid ORDER BY objid::regtype::text COLLATE "C";
-- The extension's owner, here a superuser, may do all of it.
SELECT count(*) FILTER (WHERE NOT has_function_privilege(proowner, objid, 'EXECUTE')) AS refused_to_owner, count(DISTINCT proowner) AS owners
  FROM t.member JOIN pg_catalog.pg_proc AS p ON p.oid = objid
 WHERE classid = 'pg_proc'::regclass;
SELECT count(*) FILTER (WHERE NOT has_table_privilege(relowner, objid, 'SELECT')) AS refused_to_owner, count(DISTINCT relowner) AS owners
  FROM t.member JOIN pg_catalog.pg_class AS c ON c.oid = objid
 WHERE classid = 'pg_class'::regclass AND relkind IN ('r', 'v', 'm', 'p');
SELECT role.name AS role, has_schema_privilege(role.name, 'phone_crypt', 'USAGE') AS usage,
       has_schema_privilege(role.name, 'phone_crypt', 'CREATE') AS create
  FROM unnest(ARRAY['regress_plain', 'regress_admin']) AS role (name);

-- The allow-list: the only functions of the extension that PUBLIC may execute.
SELECT p.oid::regprocedure AS public_function
  FROM t.member JOIN pg_catalog.pg_proc AS p ON p.oid = objid
 WHERE classid = 'pg_proc'::regclass
   AND EXISTS (SELECT FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) AS acl WHERE acl.grantee = 0)
 ORDER BY p.oid::regprocedure::text COLLATE "C";

-- Nobody may pass a right on.
SELECT count(*) AS grantable
  FROM t.member JOIN pg_catalog.pg_proc AS p ON p.oid = objid, aclexplode(p.proacl) AS acl
 WHERE classid = 'pg_proc'::regclass AND acl.is_grantable AND acl.grantee <> p.proowner;

-- What a profile holds is enough for its work, and no more.
SET ROLE regress_writer;
SELECT phone_encrypt('0401148075', 'c') AS value \gset
SELECT phone_key_id(phone_reencrypt(:'value', 'c')), length(phone_hash('0401148075')),
       t.outcome('phone_decrypt($1, ''c'')', :'value') AS decrypt, t.outcome('phone_reveal($1, ''c'')', :'value') AS reveal;
SET ROLE regress_reader;
SELECT phone_decrypt(phone_encrypt('0401148075', 'c'), 'c'), phone_reveal(:'value', 'c'),
       t.outcome('(SELECT count(*) FROM phone_crypt.keys)') AS keys;
SET ROLE regress_admin;
SELECT key_id, role FROM phone_crypt_pin_keys() ORDER BY role;
SELECT count(*) AS keys FROM phone_crypt.keys;
SELECT count(*) AS configured FROM phone_crypt.key_status;
SELECT count(*) AS counters FROM phone_crypt.crypto_stats;
SELECT t.command('DELETE FROM phone_crypt.pinned_keys') AS unpin,
       t.command('SELECT phone_crypt_grant(''regress_plain'', ''masked'')') AS grant_to_others;
SET ROLE pg_monitor;
SELECT count(*) AS counters FROM phone_crypt.crypto_stats;
SELECT t.outcome('(SELECT count(*) FROM phone_crypt.key_status)') AS key_status,
       t.outcome('(SELECT count(*) FROM phone_crypt.keys)') AS keys;
SET ROLE regress_plain;
SELECT t.outcome('(SELECT count(*) FROM phone_crypt.keys)') AS keys,
       t.outcome('(SELECT count(*) FROM phone_crypt.key_status)') AS key_status,
       t.outcome('(SELECT count(*) FROM phone_crypt.crypto_stats)') AS crypto_stats,
       t.outcome('(SELECT count(*) FROM phone_crypt.profiles)') AS profiles,
       t.outcome('(SELECT count(*) FROM phone_crypt.pinned_keys)') AS pinned_keys,
       t.outcome('(SELECT count(*) FROM phone_crypt.configured_keys())') AS configured_keys;
RESET ROLE;
DELETE FROM phone_crypt.pinned_keys;

-- Taking the profiles back leaves what PUBLIC has.
SELECT phone_crypt_revoke(('regress_' || profile)::regrole, profile)
  FROM unnest(ARRAY['masked', 'writer', 'reader', 'limiter', 'gateway', 'restore', 'auditor', 'admin']) AS profile;
SELECT count(*) AS rights_left
  FROM t.member, t.grantee AS role
 WHERE role.name <> 'pg_monitor'
   AND (classid = 'pg_proc'::regclass AND has_function_privilege(role.name, objid, 'EXECUTE')
        AND NOT has_function_privilege('regress_plain', objid, 'EXECUTE')
        OR classid = 'pg_class'::regclass
        AND has_table_privilege(role.name, objid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')
        AND NOT has_table_privilege('regress_plain', objid, 'SELECT'));

DROP VIEW t.member, t.grantee;
DROP ROLE regress_plain, regress_masked, regress_writer, regress_reader, regress_restore, regress_limiter, regress_gateway, regress_auditor, regress_admin;
