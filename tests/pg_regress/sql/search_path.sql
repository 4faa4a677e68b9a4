-- A caller's search_path full of traps diverts nothing: operators and functions that shadow those of pg_catalog and
-- of the extension raise an error when they are called.
\pset format unaligned
\pset null '<NULL>'
\set value '000102030405060708090a0b0c0d0e0f:01a915ee2b25286765943ebba436ef2322d7ad1b00eeb0b45b523c997a1532034d46f202b3d76d11e85df35fc0997df53b6ce38035'
CREATE ROLE regress_role;
CREATE SCHEMA trap;
GRANT USAGE ON SCHEMA trap TO PUBLIC;
CREATE FUNCTION trap.sprung(text, text) RETURNS boolean LANGUAGE plpgsql
    AS $$ BEGIN RAISE EXCEPTION 'trap: text operator'; END; $$;
CREATE FUNCTION trap.sprung(oid, oid) RETURNS boolean LANGUAGE plpgsql
    AS $$ BEGIN RAISE EXCEPTION 'trap: oid operator'; END; $$;
CREATE FUNCTION trap.sprung(regrole, oid) RETURNS boolean LANGUAGE plpgsql
    AS $$ BEGIN RAISE EXCEPTION 'trap: regrole operator'; END; $$;
CREATE OPERATOR trap.= (LEFTARG = text, RIGHTARG = text, FUNCTION = trap.sprung);
CREATE OPERATOR trap.<> (LEFTARG = text, RIGHTARG = text, FUNCTION = trap.sprung);
CREATE OPERATOR trap.~ (LEFTARG = text, RIGHTARG = text, FUNCTION = trap.sprung);
CREATE OPERATOR trap.= (LEFTARG = oid, RIGHTARG = oid, FUNCTION = trap.sprung);
CREATE OPERATOR trap.= (LEFTARG = regrole, RIGHTARG = oid, FUNCTION = trap.sprung);
CREATE FUNCTION trap.format(text, VARIADIC text[]) RETURNS text LANGUAGE plpgsql
    AS $$ BEGIN RAISE EXCEPTION 'trap: format'; END; $$;
CREATE FUNCTION trap.format(text, text, regrole) RETURNS text LANGUAGE sql
    AS $$ SELECT 'GRANT pg_read_all_data TO regress_role' $$;
CREATE FUNCTION trap.now() RETURNS timestamptz LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'trap: now'; END; $$;
CREATE FUNCTION trap.apply_profile(regrole, text, text) RETURNS void LANGUAGE plpgsql
    AS $$ BEGIN RAISE EXCEPTION 'trap: apply_profile'; END; $$;
CREATE FUNCTION trap.configured_keys() RETURNS TABLE (key_id text, roles text[], hash_scheme text, source text)
    LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'trap: configured_keys'; END; $$;
CREATE FUNCTION trap.phone_decrypt(text, text) RETURNS text LANGUAGE plpgsql
    AS $$ BEGIN RAISE EXCEPTION 'trap: phone_decrypt'; END; $$;
CREATE TABLE trap.pinned_keys (role text, key_id text, hash_scheme text, pinned_at timestamptz);
CREATE TABLE trap.keys (role text, key_id text, hash_scheme text, pinned_at timestamptz);
CREATE TABLE trap.profiles (profile text, object text, kind text);
INSERT INTO trap.profiles VALUES ('masked', 'pg_catalog.pg_read_file(text)', 'function');
CREATE TEMP TABLE pinned_keys (role text, key_id text, hash_scheme text, pinned_at timestamptz);
CREATE TEMP TABLE pg_roles (oid oid);

SET search_path = pg_temp, trap, phone_crypt, public, pg_catalog;
-- The traps work.
SELECT t.outcome($$'a'::text = 'a'::text$$) AS operator;
SELECT t.outcome('now()') AS now, t.outcome('phone_decrypt('''', '''')') AS phone_decrypt;

SELECT public.phone_crypt_grant('regress_role', 'reader');
SELECT public.phone_crypt_grant('regress_role', 'masked');
SELECT public.phone_crypt_revoke('regress_role', 'reader');
SELECT public.phone_crypt_grant('regress_role', 'masked');
SELECT key_id, role, hash_scheme FROM public.phone_crypt_pin_keys();
SELECT count(*) FROM phone_crypt.keys;
SELECT count(*) FROM phone_crypt.key_status;
SELECT count(*) FROM phone_crypt.profiles WHERE profile OPERATOR(pg_catalog.=) 'masked';
SELECT public.phone_decrypt(public.phone_encrypt('0401148075')), public.phone_reveal(:'value'),
       public.phone_hash('0401148075') OPERATOR(pg_catalog.=) public.phone_hash('+61401148075') AS same_hash;
SELECT set_config('phone_crypt.encryption_key', 'correct-horse-battery-staple-0123456789abcdef', false);
SELECT t.outcome('public.phone_decrypt($1)', :'value') AS pinned;
SET ROLE regress_role;
SELECT t.outcome('public.phone_reveal($1)', :'value') AS pinned;
RESET ROLE;
RESET phone_crypt.encryption_key;
SET ROLE regress_role;
SELECT public.phone_reveal(:'value');
RESET ROLE;
RESET search_path;

-- What was done is what was asked for.
SELECT p.oid::regprocedure AS granted
  FROM pg_catalog.pg_proc AS p, aclexplode(p.proacl) AS acl
 WHERE acl.grantee = 'regress_role'::regrole ORDER BY 1;
SELECT key_id, role, hash_scheme FROM phone_crypt.pinned_keys ORDER BY role;
SELECT (SELECT count(*) FROM trap.pinned_keys) + (SELECT count(*) FROM trap.keys)
       + (SELECT count(*) FROM pg_temp.pinned_keys) AS diverted;

DELETE FROM phone_crypt.pinned_keys;
SET client_min_messages = warning;
DROP SCHEMA trap CASCADE;
DROP OWNED BY regress_role;
DROP ROLE regress_role;
