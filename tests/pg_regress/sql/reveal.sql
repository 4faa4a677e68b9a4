-- phone_reveal: the number for whoever may execute phone_decrypt, else its mask; one view serves both.
\pset format unaligned
\pset null '<NULL>'
\set of_users '000102030405060708090a0b0c0d0e0f:01a915ee2b824ef2917d6c7ba93114026ffabe2b4139c9a3dae608cedfca0704c59b6752a521e8adefd0fad4a31d90f9ee13f2290b'
\set raw_text '000102030405060708090a0b0c0d0e0f:02a915ee2b62ed78849c638ee9040fbc3dc18ba56287588701d4131a96f2ce05021d005c52fd508a3dc51979e0a0199c75abcedbbd'
\set of_k2    '000102030405060708090a0b0c0d0e0f:013a4e3936d861528d193b34196a8b43cbf3e072ddc0402069b8d8885eaef34c163d21814e2e45fda916d4abe775ec0d740ac0608b'
CREATE ROLE regress_masked;
CREATE ROLE regress_reader;
CREATE ROLE regress_nobody;
SELECT phone_crypt_grant('regress_masked', 'masked'), phone_crypt_grant('regress_reader', 'reader');

CREATE TABLE customer (id integer PRIMARY KEY, phone text);
INSERT INTO customer VALUES (1, :'of_users');
CREATE VIEW customer_phone AS SELECT id, phone_reveal(phone, 'users.phone') AS phone FROM customer;
GRANT SELECT ON customer_phone TO regress_masked, regress_reader, regress_nobody;

SET ROLE regress_reader;
SELECT * FROM customer_phone;
SET ROLE regress_masked;
SELECT * FROM customer_phone;
SET ROLE regress_nobody;
SELECT t.outcome('(SELECT phone FROM customer_phone)');
RESET ROLE;
SELECT * FROM customer_phone;

-- It is decided at run time: one prepared plan, and a grant in between.
SET plan_cache_mode = force_generic_plan;
PREPARE customer_of AS SELECT phone FROM customer_phone WHERE id = $1;
SET ROLE regress_masked;
EXECUTE customer_of(1);
RESET ROLE;
SELECT phone_crypt_grant('regress_masked', 'reader');
SET ROLE regress_masked;
EXECUTE customer_of(1);
RESET ROLE;
SELECT phone_crypt_revoke('regress_masked', 'reader'), phone_crypt_grant('regress_masked', 'masked');
SET ROLE regress_masked;
EXECUTE customer_of(1);

-- A masked role cannot get at the number by other ways.
SELECT expression, t.outcome(expression, :'of_users')
  FROM (VALUES ($$phone_decrypt($1, 'users.phone')$$), ($$phone_try_decrypt($1, 'users.phone')$$),
               ($$phone_decrypt_raw($1, 'users.phone')$$), ($$phone_reencrypt($1, 'users.phone')$$),
               ($$phone_hash('+14011480751')$$), ($$phone_hashes('+14011480751')$$), ($$phone_decrypt_legacy($1, 'cbc')$$),
               ($$phone_decrypt_legacy_with_key($1, 'cbc', '')$$), ('(SELECT phone FROM customer)')) AS example (expression);

-- The mask authenticates as decrypting does.
SELECT what, t.outcome('phone_reveal($1, $2)', value, context)
  FROM (VALUES ('genuine', :'of_users', 'users.phone'), ('wrong context', :'of_users', ''),
               ('forged', t.flip(:'of_users', 139), 'users.phone'), ('unknown key', :'of_k2', ''),
               ('malformed', '+14011480751', ''), ('another kind', :'raw_text', '')) AS example (what, value, context);
SELECT phone_reveal(NULL), phone_reveal(NULL, 'c'), t.outcome('phone_reveal(NULL, NULL)') AS null_context;
RESET ROLE;

-- A web gateway's roles: one that logs in, and the one of each request by SET ROLE. A SECURITY DEFINER function, and a view
-- of the table's owner, show nobody what their owner may see. Whoever may decrypt sees the number through them.
CREATE ROLE regress_gateway NOINHERIT;
CREATE ROLE regress_anonymous;
GRANT regress_anonymous, regress_masked, regress_reader TO regress_gateway;
CREATE TABLE typed (id integer PRIMARY KEY, phone encrypted_phone);
INSERT INTO typed VALUES (1, '0401 148 075');
CREATE VIEW typed_phone AS SELECT id, phone_reveal(phone) AS phone FROM typed;
CREATE FUNCTION t.phone_of(id integer) RETURNS text LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$ SELECT public.phone_reveal(t.phone) || ' ' || public.phone_reveal(c.phone, 'users.phone')
            FROM public.typed AS t, public.customer AS c WHERE t.id = $1 $$;
CREATE FUNCTION t.around(id integer) RETURNS text LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$ BEGIN RETURN t.phone_of($1); END $$;
GRANT SELECT ON typed_phone TO regress_anonymous, regress_masked, regress_reader;
GRANT EXECUTE ON FUNCTION t.phone_of(integer), t.around(integer) TO regress_anonymous, regress_masked, regress_reader;
SET SESSION AUTHORIZATION regress_gateway;
SELECT t.outcome('t.phone_of(1)') AS itself;
SET ROLE regress_anonymous;
SELECT t.phone_of(1) AS function, t.around(1) AS nested, t.outcome('(SELECT phone FROM typed_phone)') AS view;
SET ROLE regress_masked;
SELECT t.phone_of(1) AS function, t.around(1) AS nested, t.outcome('(SELECT phone FROM typed_phone)') AS view;
SET ROLE regress_reader;
SELECT t.phone_of(1) AS function, t.around(1) AS nested, t.outcome('(SELECT phone FROM typed_phone)') AS view;
RESET ROLE;
RESET SESSION AUTHORIZATION;
-- Nor does a function of somebody who may not decrypt show the number in the session of one who may.
ALTER FUNCTION t.phone_of(integer) OWNER TO regress_masked;
GRANT SELECT ON typed, customer TO regress_masked;
SELECT t.phone_of(1) AS of_another;
DROP FUNCTION t.phone_of, t.around;
DROP TABLE typed CASCADE;
DROP ROLE regress_gateway, regress_anonymous;

-- A short number shows no more than its mask.
SELECT phone_encrypt('+29024123') AS short \gset
SET ROLE regress_masked;
SELECT phone_reveal(:'short');
RESET ROLE;

-- Nothing authenticates a legacy value: edits of it, seen through masks, would tell its digits. A masked role
-- sees none, a reader sees the number.
\set of_legacy '000102030405060708090a0b0c0d0e0f:7147b48734fdc83e28cf6abdcbedc973'
SET phone_crypt.accept_legacy = 'cbc';
SET ROLE regress_masked;
SELECT phone_reveal(:'of_legacy'), phone_reveal(t.flip(:'of_legacy', 23)) AS edited;
SET ROLE regress_reader;
SELECT phone_reveal(:'of_legacy');
RESET ROLE;
RESET phone_crypt.accept_legacy;

-- Inside a SECURITY DEFINER function the right of the caller counts as well as that of the owner.
CREATE FUNCTION t.as_owner(value text) RETURNS text LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$ SELECT public.phone_reveal(value, 'users.phone') $$;
GRANT EXECUTE ON FUNCTION t.as_owner(text) TO regress_nobody;
SET ROLE regress_nobody;
SELECT t.as_owner(:'of_users');
RESET ROLE;

-- A shadow of phone_decrypt that anybody may execute changes nothing.
CREATE SCHEMA shadow;
CREATE FUNCTION shadow.phone_decrypt(text, text) RETURNS text LANGUAGE sql AS 'SELECT $1';
GRANT USAGE ON SCHEMA shadow TO PUBLIC;
SET ROLE regress_masked;
SET search_path = shadow, public;
SELECT phone_reveal(:'of_users', 'users.phone');
RESET search_path;
RESET ROLE;

DROP FUNCTION shadow.phone_decrypt;
DROP SCHEMA shadow;
DROP FUNCTION t.as_owner;
DROP VIEW customer_phone;
DROP TABLE customer;
DROP OWNED BY regress_masked, regress_reader, regress_nobody;
DROP ROLE regress_masked, regress_reader, regress_nobody;
