-- phone_crypt_grant and phone_crypt_revoke: their arguments, and role names that want to be SQL.
\pset format unaligned
\pset null '<NULL>'
CREATE ROLE regress_role;

SELECT role, profile, t.outcome('phone_crypt_grant($1::regrole, $2)', role, profile) AS grant,
       t.outcome('phone_crypt_revoke($1::regrole, $2)', role, profile) AS revoke
  FROM (VALUES ('regress_role', NULL), (NULL, 'reader'), (NULL, NULL), ('regress_role', 'owner'), ('regress_role', ''),
               ('regress_role', 'READER'), ('regress_role', 'reader; DROP TABLE x'), ('regress_no_such_role', 'reader'),
               ('4294967295', 'reader'), ('0', 'reader')) AS example (role, profile);
SELECT count(*) AS rights FROM pg_proc AS p, aclexplode(p.proacl) AS acl WHERE acl.grantee = 'regress_role'::regrole;

-- A profile may be given twice and taken twice.
SELECT phone_crypt_grant('regress_role', 'masked'), phone_crypt_grant('regress_role', 'masked');
SELECT has_function_privilege('regress_role', 'phone_reveal(text,text)', 'EXECUTE');
SELECT phone_crypt_revoke('regress_role', 'masked'), phone_crypt_revoke('regress_role', 'masked');
SELECT has_function_privilege('regress_role', 'phone_reveal(text,text)', 'EXECUTE');

SELECT phone_crypt_grant('regress_role', 'limiter'), phone_crypt_revoke('regress_role', 'limiter');

-- A gateway may do what a limiter may.
SELECT phone_crypt_grant('regress_role', 'gateway');
SELECT has_function_privilege('regress_role', 'ratelimit_check(text,text,bigint)', 'EXECUTE') AS checks,
       has_function_privilege('regress_role', 'ratelimit_policy_drop(text)', 'EXECUTE') AS administers;
SELECT phone_crypt_revoke('regress_role', 'gateway');

-- Names that have to be quoted are quoted.
CREATE ROLE "regress; DROP TABLE victim; --";
CREATE ROLE "regress ""quoted"" O'Hara";
CREATE ROLE "Regress Ümlaut";
CREATE TABLE victim ();
SELECT phone_crypt_grant(oid::regrole, 'reader') FROM pg_roles WHERE rolname ~ '^(regress[ ;]|Regress)'
 ORDER BY rolname COLLATE "C";
SELECT rolname, has_function_privilege(oid, 'phone_decrypt(text,text)', 'EXECUTE') AS reads FROM pg_roles
 WHERE rolname ~ '^(regress[ ;]|Regress)' ORDER BY rolname COLLATE "C";
SELECT phone_crypt_revoke(oid::regrole, 'reader') FROM pg_roles WHERE rolname ~ '^(regress[ ;]|Regress)'
 ORDER BY rolname COLLATE "C";
SELECT rolname, has_function_privilege(oid, 'phone_decrypt(text,text)', 'EXECUTE') AS reads FROM pg_roles
 WHERE rolname ~ '^(regress[ ;]|Regress)' ORDER BY rolname COLLATE "C";
SELECT count(*) AS victims FROM pg_class WHERE relname = 'victim';
DROP TABLE victim;
DROP ROLE "regress; DROP TABLE victim; --", "regress ""quoted"" O'Hara", "Regress Ümlaut";

-- Only the owner grants, even where somebody is allowed to call the function.
SET ROLE regress_role;
SELECT t.command($$SELECT phone_crypt_grant('regress_role', 'reader')$$) AS grant,
       t.command($$SELECT phone_crypt_revoke('regress_role', 'reader')$$) AS revoke;
RESET ROLE;
GRANT EXECUTE ON FUNCTION phone_crypt_grant(regrole, text), phone_crypt.apply_profile(regrole, text, text) TO regress_role;
GRANT SELECT ON phone_crypt.profiles TO regress_role;
SET ROLE regress_role;
SELECT t.command($$SELECT phone_crypt_grant('regress_role', 'reader')$$);
RESET ROLE;

DROP OWNED BY regress_role;
DROP ROLE regress_role;
