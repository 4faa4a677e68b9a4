-- Retention: CALL phone_purge_expired() deletes rows that are too old, or sets to NULL what they hold of a number.
\pset format unaligned
\pset null '<NULL>'
\set SHOW_CONTEXT never
CREATE ROLE regress_keeper;
SELECT phone_crypt_grant('regress_keeper', 'admin');
CREATE SCHEMA regress_kept AUTHORIZATION regress_keeper;
SELECT set_config('phone_crypt.encryption_key', phone_crypt_generate_key(), false) IS NOT NULL AS key;
CREATE TABLE regress_kept.others (phone encrypted_phone, at timestamptz);
SET ROLE regress_keeper;
CREATE TABLE regress_kept.visits (id integer PRIMARY KEY, phone encrypted_phone, day date);
CREATE DOMAIN regress_kept.moment AS timestamp;
CREATE TABLE regress_kept.calls (id integer, number encrypted_phone, at regress_kept.moment) PARTITION BY RANGE (id);
CREATE TABLE regress_kept.calls_1 PARTITION OF regress_kept.calls FOR VALUES FROM (0) TO (1000);
CREATE TABLE regress_kept.calls_2 PARTITION OF regress_kept.calls FOR VALUES FROM (1000) TO (2000) PARTITION BY RANGE (id);
CREATE TABLE regress_kept.calls_2a PARTITION OF regress_kept.calls_2 FOR VALUES FROM (1000) TO (1500);
CREATE TABLE regress_kept.calls_2b PARTITION OF regress_kept.calls_2 FOR VALUES FROM (1500) TO (2000);
RESET ROLE;
SELECT phone_column_policy('regress_kept.others', 'phone', 'delete', '1 day', 'at');
SET ROLE regress_keeper;
INSERT INTO regress_kept.visits (id, phone, day)
SELECT i, CASE WHEN i % 5 <> 0 THEN '+61401148075' END, CASE WHEN i % 7 <> 0 THEN current_date - i END
  FROM generate_series(1, 100) AS i;
INSERT INTO regress_kept.calls SELECT i, '+61401148075', now() - i * interval '1 hour' FROM generate_series(1, 1999) AS i;
RESET ROLE;
INSERT INTO regress_kept.others VALUES ('+61401148075', now() - interval '1 year');

-- Nothing is due as long as no retention is set.
SET ROLE regress_keeper;
CALL phone_purge_expired(dry_run => true);
SELECT phone_column_policy('regress_kept.visits', 'phone', 'null', '30 days', 'day'),
       phone_column_policy('regress_kept.calls', 'number', 'delete', '1500 hours', 'at');
SELECT t.outcome('(SELECT phone_crypt.purge_count(''regress_kept.others'', ''phone'', now()))') AS not_the_owner;

-- A dry run changes nothing. Numbers of rows that hold one, NULL times aside.
CALL phone_purge_expired(dry_run => true);
SELECT count(*) FILTER (WHERE day < now() - interval '30 days' AND phone IS NOT NULL) AS due FROM regress_kept.visits;
SELECT count(*) FROM regress_kept.calls;
SELECT count(*) AS jobs FROM phone_crypt.jobs;

SET client_min_messages = warning;
CALL phone_purge_expired(batch_size => 7);
SELECT count(phone) AS phones, count(*) AS rows
  FROM regress_kept.visits WHERE day < now() - interval '30 days';
SELECT count(phone) AS younger_ones_and_those_without_a_time_stay FROM regress_kept.visits;
SELECT count(*), max(id), count(number) AS whole FROM regress_kept.calls;
SELECT procedure, relation, column_name, state, total, done, details, pid FROM phone_crypt.jobs ORDER BY id;

-- Again: nothing is touched twice.
SELECT xmin AS stamp FROM regress_kept.visits WHERE id = 99 \gset
CALL phone_purge_expired();
SELECT xmin = :'stamp' AS untouched FROM regress_kept.visits WHERE id = 99;
SELECT procedure, relation, column_name, state, total, done, details FROM phone_crypt.jobs ORDER BY id;
RESET ROLE;

-- A superuser purges everybody's, in the owners' names.
CREATE FUNCTION t.who() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE WARNING 'deleted by %', current_user; RETURN NULL; END $$;
ALTER TABLE regress_kept.others OWNER TO regress_keeper;
GRANT EXECUTE ON FUNCTION t.who() TO regress_keeper;
CREATE TRIGGER who AFTER DELETE ON regress_kept.others FOR EACH ROW EXECUTE FUNCTION t.who();
CALL phone_purge_expired();
SELECT count(*) AS others FROM regress_kept.others;

-- What stands in the way is named, without a row of it; the table can be purged again afterwards.
CREATE TABLE regress_kept.notes (visit integer REFERENCES regress_kept.visits);
INSERT INTO regress_kept.notes VALUES (97);
SELECT phone_column_policy('regress_kept.visits', 'phone', 'delete', '30 days', 'day');
CALL phone_purge_expired();
SELECT state, details FROM phone_crypt.jobs WHERE relation = 'regress_kept.visits'::regclass ORDER BY id DESC LIMIT 1;
DROP TABLE regress_kept.notes;
CALL phone_purge_expired();
SELECT count(*) FROM regress_kept.visits WHERE day < now() - interval '30 days';

-- Numbers behind blocks that are over are forgotten, too.
SELECT ratelimit_block_phone('+61401148075', '1 millisecond') IS NOT NULL AS blocked;
SELECT pg_sleep(0.002);
CALL phone_purge_expired();
SELECT count(*) FROM phone_crypt.ratelimit_blocked_phones;

-- What is wrong.
CALL phone_purge_expired(NULL);
CALL phone_purge_expired(0);
CALL phone_purge_expired(dry_run => NULL);
ALTER TABLE regress_kept.calls RENAME at TO moment;
CALL phone_purge_expired();
DELETE FROM phone_crypt.jobs;
DROP FUNCTION t.who() CASCADE;
DROP SCHEMA regress_kept CASCADE;
SELECT phone_crypt_revoke('regress_keeper', 'admin');
DROP ROLE regress_keeper;
