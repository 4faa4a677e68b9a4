-- The legacy application's rate_limits become hashes, in place and into the engine; the view in the table's place.
\pset format unaligned
CREATE SCHEMA old;
SET search_path = old, public;

-- Times that do not depend on when this runs: minutes before now, with windows of an hour.
CREATE FUNCTION ms(minutes_ago integer) RETURNS bigint LANGUAGE sql AS $$
    SELECT (extract(epoch FROM now()) * 1000)::bigint - minutes_ago * 60000
$$;
CREATE FUNCTION minutes_ago(window_start bigint) RETURNS numeric LANGUAGE sql AS $$
    SELECT round((extract(epoch FROM now()) * 1000 - window_start) / 60000)
$$;
CREATE FUNCTION label(id text) RETURNS text LANGUAGE sql AS $$
    SELECT CASE id WHEN phone_ratelimit_key('0401148075') THEN 'hash of A' WHEN phone_ratelimit_key('6502530000') THEN 'hash of B'
                   WHEN phone_ratelimit_key('4011480751') THEN 'hash of C' ELSE id END
$$;
-- What the latest run did. Its own last words name the time that it took.
CREATE FUNCTION last_run() RETURNS text LANGUAGE sql AS $$
    SELECT phone_crypt.counts_text(details) FROM phone_crypt.jobs ORDER BY id DESC LIMIT 1
$$;
CREATE TABLE rate_limits (
    id           text PRIMARY KEY,
    count        integer NOT NULL DEFAULT 0,
    window_start bigint NOT NULL,
    created_at   timestamptz DEFAULT now(),
    updated_at   timestamptz DEFAULT now()
);
CREATE FUNCTION fill(name text DEFAULT 'rate_limits') RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format($sql$
        INSERT INTO %s (id, count, window_start, created_at, updated_at)
        SELECT id, count, ms(age), '2026-01-01'::timestamptz + day * interval '1 day', '2026-02-01'::timestamptz + day * interval '1 day'
          FROM (VALUES ('phone:+61401148075',           2, 10, 3),
                       ('phone:0401 148 075',           1, 20, 1),
                       ('phone:+10401148075',           3, 5, 2),
                       ('phone:(0401) 148-075',       100, 600, 4),
                       ('phone:+1 650 253 0000',        4, 900, 5),
                       ('phone:6502530000',             7, 900, 6),
                       ('phone:+1 (401) 148-0751',      9, 30, 7),
                       ('phone:unknown',                1, 1, 8),
                       ('phone:',                       1, 1, 8),
                       ('phone:+10000000000',           1, 1, 8),
                       ('192.168.1.1:outbound_call',    5, 1, 9),
                       ('PHONE:+61401148075',           1, 1, 9)) AS v (id, count, age, day) $sql$, name);
END;
$$;

-- A dry run changes nothing; a run ends with the counts that it gave.
SELECT fill();
CALL phone_migrate_rate_limits(dry_run => true);
SELECT count(*) FROM rate_limits WHERE id LIKE 'phone:%';
SELECT count(*) FROM phone_crypt.jobs;
SET client_min_messages = warning;
CALL phone_migrate_rate_limits(batch_size => 2);
SELECT last_run();
SELECT label(id) AS id, count, minutes_ago(window_start), created_at::date, updated_at::date FROM rate_limits ORDER BY label(id) COLLATE "C";
SELECT procedure, relation, column_name, state, total, done, details, pid FROM phone_crypt.jobs;

-- Again: what is there is met again, whatever the portions.
DELETE FROM rate_limits WHERE id !~ '^phone_hash:';
SELECT fill();
CALL phone_migrate_rate_limits('rate_limits', 'rate_limits');
SELECT last_run();
SELECT label(id) AS id, count, minutes_ago(window_start), created_at::date, updated_at::date FROM rate_limits ORDER BY label(id) COLLATE "C";

-- A window of its own length: three of A's rows are over.
TRUNCATE rate_limits;
SELECT fill();
CALL phone_migrate_rate_limits("window" => '6 minutes');
SELECT count, minutes_ago(window_start) FROM rate_limits WHERE label(id) = 'hash of A';

-- The sum stops at the largest integer; a bigint column holds more.
TRUNCATE rate_limits;
INSERT INTO rate_limits VALUES ('phone:+61401148075', 2147483647, ms(1)), ('phone:0401148075', 5, ms(2));
CALL phone_migrate_rate_limits();
SELECT count FROM rate_limits;
CREATE TABLE "Rate ""Limits"" é" (
    note text DEFAULT 'kept', updated_at timestamp(3), created_at timestamp, id varchar(75) PRIMARY KEY,
    count bigint NOT NULL, window_start bigint NOT NULL, doubled bigint GENERATED ALWAYS AS (count * 2) STORED
);
INSERT INTO "Rate ""Limits"" é" (id, count, window_start, created_at) VALUES
    ('phone:+61401148075', 2147483647, ms(1), '2026-01-01'), ('phone:0401148075', 5, ms(2), NULL);
CALL phone_migrate_rate_limits('"Rate ""Limits"" é"');
SELECT note, label(id) AS id, count, doubled, created_at, updated_at FROM "Rate ""Limits"" é";

-- A run that was stopped goes on: its moment stays, and so do its counts.
TRUNCATE rate_limits;
INSERT INTO rate_limits VALUES ('phone:+61401148075', 2, ms(90)), ('phone:0401148075', 3, ms(100));
INSERT INTO phone_crypt.jobs (procedure, relation, as_of, done, details)
    VALUES ('phone_migrate_rate_limits', 'rate_limits', now() - interval '1 hour', 7, '{"converted": 7, "merged": 1}');
CALL phone_migrate_rate_limits();
SELECT count FROM rate_limits;
SELECT state, done, details FROM phone_crypt.jobs ORDER BY id DESC LIMIT 1;

-- Raw hashes of the legacy application, under scheme derived.
DROP TABLE rate_limits;
CREATE TABLE rate_limits (id text PRIMARY KEY, count integer, window_start bigint, created_at timestamptz, updated_at timestamptz);
INSERT INTO rate_limits VALUES ('phone_hash:b889', 1, ms(1)), ('phone:+61401148075', 2, ms(1));
SET client_min_messages = notice;
CALL phone_migrate_rate_limits(dry_run => true);
SET client_min_messages = warning;
CALL phone_migrate_rate_limits();
SET phone_crypt.hash_scheme = 'raw';
SET client_min_messages = notice;
CALL phone_migrate_rate_limits(dry_run => true);
RESET phone_crypt.hash_scheme;
SET client_min_messages = warning;
CALL phone_migrate_rate_limits(existing_hashes => 'keep');
-- Later runs ask no more.
CALL phone_migrate_rate_limits();
SELECT label(id) AS id, count FROM rate_limits ORDER BY label(id) COLLATE "C";

-- Under scheme raw they are met.
DROP TABLE rate_limits;
CREATE TABLE rate_limits (id text PRIMARY KEY, count integer, window_start bigint, created_at timestamptz, updated_at timestamptz);
SET phone_crypt.hash_scheme = 'raw';
INSERT INTO rate_limits VALUES (phone_ratelimit_key('0401148075'), 1, ms(1)), ('phone:+61401148075', 2, ms(3));
CALL phone_migrate_rate_limits();
SELECT label(id) AS id, count, minutes_ago(window_start) FROM rate_limits;
RESET phone_crypt.hash_scheme;

-- What it refuses. A row that a trigger keeps is not lost.
CREATE TABLE narrow (id varchar(74) PRIMARY KEY, count integer, window_start bigint, created_at timestamptz, updated_at timestamptz);
CREATE TABLE no_key (LIKE rate_limits);
CREATE TABLE text_count (id text PRIMARY KEY, count text, window_start bigint, created_at timestamptz, updated_at timestamptz);
CREATE TABLE parts (LIKE rate_limits INCLUDING ALL) PARTITION BY HASH (id);
CREATE TABLE referenced (LIKE rate_limits INCLUDING ALL);
CREATE TABLE referring (id text REFERENCES referenced);
CREATE TABLE forced (LIKE rate_limits INCLUDING ALL);
ALTER TABLE forced ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE VIEW shown AS SELECT * FROM rate_limits;
\set VERBOSITY terse
CALL phone_migrate_rate_limits('narrow');
CALL phone_migrate_rate_limits('no_key');
CALL phone_migrate_rate_limits('text_count');
CALL phone_migrate_rate_limits('parts');
CALL phone_migrate_rate_limits('referenced');
CALL phone_migrate_rate_limits('forced');
CALL phone_migrate_rate_limits('shown');
CALL phone_migrate_rate_limits('phone_crypt.rate_limits');
CALL phone_migrate_rate_limits('rate_limits', 'narrow');
CALL phone_migrate_rate_limits('rate_limits', "window" => '0');
CALL phone_migrate_rate_limits('rate_limits', "window" => NULL);
CALL phone_migrate_rate_limits('rate_limits', batch_size => 0);
CALL phone_migrate_rate_limits('rate_limits', existing_hashes => 'drop');
CALL phone_migrate_rate_limits('rate_limits', other_keys => 'move');
SET search_path = public;
CALL phone_migrate_rate_limits();
CREATE SCHEMA empty_one;
CREATE TABLE empty_one.rate_limits (id text);
SET search_path = empty_one, phone_crypt, public;
CALL phone_migrate_rate_limits();
SET search_path = empty_one, old, public;
SET client_min_messages = notice;
CALL phone_migrate_rate_limits(dry_run => true);
SET search_path = old, public;
DROP SCHEMA empty_one CASCADE;
CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE TRIGGER keep BEFORE UPDATE ON rate_limits FOR EACH ROW EXECUTE FUNCTION keep();
INSERT INTO rate_limits VALUES ('phone:6502530000', 1, ms(1)), ('phone:+16502530000', 2, ms(3));
SET client_min_messages = warning;
CALL phone_migrate_rate_limits();
\set VERBOSITY default
SELECT count(*) FROM rate_limits WHERE id LIKE 'phone:%';
SELECT count(*) AS locks_left FROM pg_locks WHERE locktype IN ('userlock', 'advisory');
DROP TRIGGER keep ON rate_limits;
DROP VIEW shown;

-- Nothing of the caller's is taken for PostgreSQL's own.
CREATE FUNCTION old.left(text, integer) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE 'diverted'; END $$;
CREATE FUNCTION old.trap(text, text) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE 'diverted'; END $$;
CREATE OPERATOR old.= (LEFTARG = text, RIGHTARG = text, FUNCTION = old.trap);
SET search_path = old, pg_catalog, public;
CALL phone_migrate_rate_limits('rate_limits', batch_size => 1);
RESET search_path;
DROP OPERATOR old.= (text, text);
DROP FUNCTION old.left, old.trap;
SET search_path = old, public;

-- Only the owner, who needs no right to hash or to decrypt.
CREATE ROLE regress_owner;
CREATE ROLE regress_other;
GRANT USAGE, CREATE ON SCHEMA old TO regress_owner;
GRANT USAGE ON SCHEMA old TO regress_other;
SELECT phone_crypt_grant('regress_owner', 'admin'), phone_crypt_grant('regress_other', 'admin');
DROP TABLE rate_limits;
SET ROLE regress_owner;
CREATE TABLE rate_limits (id text PRIMARY KEY, count integer, window_start bigint, created_at timestamptz, updated_at timestamptz);
INSERT INTO rate_limits VALUES ('phone:+61401148075', 2, ms(1));
GRANT ALL ON rate_limits TO regress_other;
SET ROLE regress_other;
CALL phone_migrate_rate_limits('rate_limits');
SELECT phone_crypt.migrate_batch('rate_limits', '(0,0)', '(9,0)', 9, now(), '1 hour', false, false, false, false);
SET ROLE regress_owner;
CALL phone_migrate_rate_limits('rate_limits');
RESET ROLE;

-- A superuser's run gives nothing to the code of the table's owner.
SET ROLE regress_owner;
CREATE FUNCTION whoami() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.count := CASE current_user WHEN 'regress_owner' THEN 77 ELSE 666 END; RETURN NEW; END $$;
CREATE TRIGGER whoami BEFORE UPDATE ON rate_limits FOR EACH ROW EXECUTE FUNCTION whoami();
INSERT INTO rate_limits VALUES ('phone:6502530000', 2, ms(1));
RESET ROLE;
CALL phone_migrate_rate_limits('rate_limits');
SELECT label(id) AS id, count FROM rate_limits ORDER BY label(id) COLLATE "C";
DROP TRIGGER whoami ON rate_limits;

-- A key has 512 bytes at most: the dry run says what the run does.
TRUNCATE rate_limits;
INSERT INTO rate_limits SELECT repeat('k', length), 1, ms(1) FROM unnest(ARRAY[511, 512, 513, 540, 583, 584, 585]) AS length;
SET client_min_messages = notice;
CALL phone_migrate_rate_limits('rate_limits', 'phone_crypt.rate_limits', dry_run => true, other_keys => 'move');
SET client_min_messages = warning;
CALL phone_migrate_rate_limits('rate_limits', 'phone_crypt.rate_limits', other_keys => 'move');
SELECT last_run();
SELECT length(id) FROM rate_limits ORDER BY 1;
SELECT ratelimit_reset(repeat('k', 511)), ratelimit_reset(repeat('k', 512));

-- Into the extension's own table.
TRUNCATE rate_limits;
SELECT fill();
INSERT INTO rate_limits VALUES (phone_ratelimit_key('0401148075'), 8, ms(2)), ('', 1, ms(1));
SELECT ratelimit_merge(phone_ratelimit_key('0401148075'), 1000, ms(1), '1 hour');
SET client_min_messages = notice;
CALL phone_migrate_rate_limits('rate_limits', 'phone_crypt.rate_limits', dry_run => true);
SET client_min_messages = warning;
CALL phone_migrate_rate_limits('rate_limits', 'phone_crypt.rate_limits', batch_size => 3);
SELECT last_run();
SELECT label(id) AS id FROM rate_limits ORDER BY id COLLATE "C";
SELECT label(key) AS key, used, "window" FROM phone_crypt.ratelimit_status WHERE key LIKE 'phone%' ORDER BY used;
SELECT label(id) AS id, count, minutes_ago(window_start) FROM phone_crypt.rate_limits WHERE id LIKE 'phone%' ORDER BY count;

-- The view needs an empty house.
SELECT t.command('SELECT phone_crypt_adopt_rate_limits(''old.rate_limits'')');
CALL phone_migrate_rate_limits('rate_limits', 'phone_crypt.rate_limits', other_keys => 'move');
SELECT last_run();
-- A row without an id is no key: the run leaves it, and the dry run says so.
CREATE TABLE without_id (id text, count integer, window_start bigint, created_at timestamptz, updated_at timestamptz);
INSERT INTO without_id VALUES (NULL, 1, ms(1)), ('beside one without an id', 1, ms(1));
SET client_min_messages = notice;
CALL phone_migrate_rate_limits('without_id', 'phone_crypt.rate_limits', dry_run => true, other_keys => 'move');
SET client_min_messages = warning;
CALL phone_migrate_rate_limits('without_id', 'phone_crypt.rate_limits', other_keys => 'move');
SELECT last_run();
SELECT id FROM without_id;
DROP TABLE without_id;
DELETE FROM rate_limits;
INSERT INTO rate_limits VALUES ('10.0.0.1:login', 1, ms(61));
GRANT SELECT (id, count) ON rate_limits TO PUBLIC;
SET ROLE regress_other;
SELECT t.command('SELECT phone_crypt_adopt_rate_limits(''old.rate_limits'')');
SET ROLE regress_owner;
SELECT phone_crypt_adopt_rate_limits('rate_limits');
RESET ROLE;
SELECT phone_crypt_revoke('regress_other', 'admin');
SELECT c.relkind, c.relowner::regrole, has_table_privilege('regress_other', c.oid, 'SELECT, INSERT') AS other,
       (SELECT array_agg(a.attname || '=' || a.attacl::text ORDER BY a.attname) FROM pg_attribute AS a
         WHERE a.attrelid = c.oid AND a.attacl IS NOT NULL) AS columns
  FROM pg_class AS c WHERE c.oid IN ('rate_limits'::regclass, 'rate_limits_migrated'::regclass) ORDER BY c.relkind;
SET ROLE regress_other;
SELECT left(id, 10) AS id, count, minutes_ago(window_start) FROM rate_limits WHERE id LIKE 'phone%' OR id ~ '^1' ORDER BY count;
SELECT count(*) FROM phone_crypt.legacy_rate_limits;
SELECT t.command('INSERT INTO old.rate_limits VALUES (''x'', 1, 1)');
SELECT t.command('UPDATE old.rate_limits SET count = 0 WHERE id = ''not there''');
SELECT t.command('DELETE FROM old.rate_limits');
RESET ROLE;
-- It is live: hits of a moment ago, also on a key that is in no table yet; not those of policies.
SELECT remaining FROM ratelimit_hit_phone('0401148075', 2000, '1 hour');
SELECT count FROM rate_limits WHERE id = phone_ratelimit_key('0401148075');
SELECT ratelimit_allow('a new key', 5, '1 year'), ratelimit_policy_set('adopted', 5, '1 year');
SELECT allowed FROM ratelimit_check('adopted', 'a key');
SELECT id, count FROM rate_limits WHERE id LIKE 'a new key' OR id LIKE 'policy:%';

-- The way back: the table, with the live counts.
SELECT t.command('SELECT phone_crypt_release_rate_limits(''old.narrow'')');
SET ROLE regress_other;
SELECT t.command('SELECT phone_crypt_release_rate_limits(''old.rate_limits'')');
SET ROLE regress_owner;
SELECT phone_crypt_release_rate_limits('rate_limits');
RESET ROLE;
SELECT to_regclass('old.rate_limits_migrated');
SELECT label(id) AS id, count, created_at <= updated_at AS in_order FROM rate_limits
 WHERE id ~ '^(phone|1|a new)' ORDER BY count;
SELECT has_function_privilege('regress_other', 'phone_crypt.live_count(text)', 'EXECUTE') AS other,
       has_function_privilege('regress_owner', 'phone_crypt.live_count(text)', 'EXECUTE') AS admin;

SELECT ratelimit_policy_drop('adopted');
SELECT count(ratelimit_reset(key)) > 0 AS reset FROM phone_crypt.ratelimit_status;
SELECT ratelimit_flush();
-- (A background task does, too, at any time.)
SELECT ratelimit_cleanup() >= 0 AS cleaned;
SELECT phone_crypt_revoke('regress_owner', 'admin');
RESET search_path;
SET client_min_messages = warning;
DROP SCHEMA old CASCADE;
DELETE FROM phone_crypt.jobs;
DROP OWNED BY regress_owner, regress_other;
DROP ROLE regress_owner, regress_other;
