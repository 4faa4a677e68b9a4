-- The audit log: what is recorded, what is not, what stays after a ROLLBACK, proofs, and who may read it.
\pset format unaligned
\pset null '<NULL>'
SET application_name = 'regress audit';
CREATE ROLE regress_auditor;
CREATE ROLE regress_reader;
CREATE ROLE "regress 0401148075";

-- The setting.
SHOW phone_crypt.audit;
SELECT value, t.outcome('set_config(''phone_crypt.audit'', $1, true)', value) AS outcome
  FROM (VALUES ('none'), ('ALL'), (' read , auth'), ('limit,limit'), (''), (','), ('auth,none'), ('reads'), ('auth admin')) AS v (value);
SET ROLE regress_reader;
SET phone_crypt.audit = 'none';
RESET ROLE;

-- What this session has recorded since.
SELECT phone_crypt_audit_checkpoint() IS NOT NULL AS signed;
SELECT max(seq) + 1 AS first FROM phone_crypt.audit_log \gset
CREATE FUNCTION t.recorded(first bigint) RETURNS SETOF text LANGUAGE sql AS $$
    SELECT public.phone_crypt_audit_checkpoint() WHERE false;
    SELECT concat_ws(' ', l.class, l.event, regexp_replace(l.role, '^\d+$', '<oid>'), nullif(l.session_user, 'postgres'),
                     l.fields - ARRAY['class', 'event', 'role', 'session_user', 'application', 'address'])
      FROM phone_crypt.audit_log AS l
     WHERE l.seq >= first AND l.application = 'regress audit' ORDER BY l.seq $$;

-- Reads are counted, one record a transaction; not by default.
SELECT phone_encrypt('0401 148 075') AS value \gset
SELECT phone_decrypt(:'value');
SET phone_crypt.audit = 'all';
SELECT count(phone_decrypt(:'value')) AS decrypted, count(phone_hash('0401148075')) AS hashed FROM generate_series(1, 1000);
BEGIN;
SELECT count(phone_decrypt(:'value')) FROM generate_series(1, 3);
SAVEPOINT a;
SELECT count(phone_reveal(:'value')) FROM generate_series(1, 4);
ROLLBACK TO a;
SELECT phone_decrypt(:'value', 'another context');
ROLLBACK;
SELECT phone_crypt_grant('regress_reader', 'reader');
SELECT phone_crypt_grant('"regress 0401148075"', 'masked');
SET ROLE regress_reader;
SELECT phone_decrypt(:'value');
RESET ROLE;
SET ROLE "regress 0401148075";
SELECT phone_reveal(:'value');
RESET ROLE;
-- In whose name a SECURITY DEFINER function is called.
CREATE FUNCTION t.reads(value text) RETURNS text LANGUAGE sql SECURITY DEFINER AS 'SELECT public.phone_decrypt(value)';
SET ROLE regress_reader;
SELECT t.reads(:'value');
RESET ROLE;
SELECT phone_crypt_audit_checkpoint() IS NOT NULL AS signed;
SELECT * FROM t.recorded(:first);

-- Changes of tables of ours, by whatever statement; names that may hold a number are left out.
SELECT max(seq) + 1 AS first FROM phone_crypt.audit_log \gset
SELECT token_id FROM api_token_create('a token') \gset
SELECT api_token_revoke(:'token_id', 'stolen');
BEGIN;
SELECT ratelimit_policy_set('audited', 10, '1 minute');
ROLLBACK;
SELECT ratelimit_policy_set('policy-61401148075', 10, '1 minute');
SELECT ratelimit_list_key('deny', 'phone:+61401148075', 'told by 0401148075');
SELECT ratelimit_block('phone:+61401148075', '1 minute') IS NOT NULL AS blocked;
SELECT ratelimit_unblock('phone:+61401148075');
SELECT ratelimit_unlist_key('phone:+61401148075'), ratelimit_policy_drop('policy-61401148075');
SELECT reason FROM api_token_verify('pc_000000000009_nothing');
SELECT count(*) > 0 AS forgot FROM phone_forget('0401148075');
SELECT phone_crypt_audit_checkpoint() IS NOT NULL AS signed;
SELECT replace(r, :'token_id', '<id>') AS recorded FROM t.recorded(:first) AS r;

-- Whom is sent to, for how much, and who has agreed to it: no number, no prefix, no note with one.
SELECT max(seq) + 1 AS first FROM phone_crypt.audit_log \gset
SELECT phone_send_policy_set('audited', regions => '{AU}');
SELECT phone_send_policy_set('audited', denied => '{+61491570156}');
SELECT phone_send_price_set('+61491570156', 0.05, 'AUD'), phone_send_price_set('+61491570156', NULL, 'AUD');
SELECT phone_send_exempt('0491570156', 'a test number'), phone_send_exempt_network('192.0.2.0/24', 'told by 0491570156');
SELECT phone_send_unexempt('0491570156'), phone_send_unexempt_network('192.0.2.0/24'), phone_send_policy_drop('audited');
SELECT phone_suppress('0491570156', 'complaint'), phone_suppress('0491570156', 'of 0491570156'), phone_unsuppress('0491570156');
SELECT phone_unsuppress('0491570156');
SELECT consent_record('0491570156', 'of 0491570156', 'granted', 'form') IS NOT NULL AS recorded;
SELECT reply FROM consent_reply('0491570156', 'stop');
SELECT reply FROM consent_reply('0491570156', 'start');
CREATE TEMP TABLE to_suppress AS SELECT phone FROM unnest('{0491570156,0491570157,nobody}'::text[]) AS phone;
CALL phone_suppress_import('to_suppress', 'phone', 'registry');
DELETE FROM phone_crypt.suppressed_phones;
SELECT count(*) > 0 AS forgot FROM phone_forget('0491570156');
SELECT phone_crypt_audit_checkpoint() IS NOT NULL AS signed;
SELECT regexp_replace(r, 'pg_temp_\d+', 'pg_temp') AS recorded FROM t.recorded(:first) AS r WHERE r LIKE 'admin %' AND r NOT LIKE '%number_forgotten%';

-- What SQL may record.
SELECT event, t.outcome('phone_crypt.audit_event($1)', event) AS outcome
  FROM (VALUES (NULL), (''), ('start'), ('gap'), ('decrypt'), ('policy_set')) AS v (event);

-- No record has a number, and all of them are as they were hashed.
SELECT count(*) FROM phone_crypt.audit_log WHERE convert_from(substr(record, 17), 'LATIN1') ~ '401148075|491570156';
SELECT intact, problem, seq, records > 0 AS records, dropped, last_start IS NOT NULL AS start FROM phone_crypt_audit_verify();
SELECT phone_crypt_audit_checkpoint() AS note \gset
SELECT intact, problem FROM phone_crypt_audit_verify(:'note');
SELECT (string_to_array(:'note', E'\n'))[1] = origin AS origin, (string_to_array(:'note', E'\n'))[2]::bigint AS size_of_note,
       size AS size_of_log, unsigned_because, waiting, lost, background FROM phone_crypt.audit_status \gset
SELECT :'origin' AS origin, :'size_of_note' = :'size_of_log' AS is_newest, :'waiting' AS waiting, :'lost' AS lost;

-- A leaf's hash and its proof.
SELECT tree_size = :size_of_note AS size, leaf_hash = sha256('\x00'::bytea || record) AS leaf, cardinality(proof) > 0 AS proof
  FROM phone_crypt.audit_log, audit_inclusion_proof(seq) WHERE seq = 1;
SELECT tree_size, leaf_hash = sha256('\x00'::bytea || record) AS leaf, proof FROM phone_crypt.audit_log, audit_inclusion_proof(seq, 1) WHERE seq = 0;
SELECT tree_size, leaf_hash IS NOT NULL AS leaf, cardinality(proof) AS proof FROM audit_inclusion_proof(2, 3);
SELECT tree_size, cardinality(proof) AS proof FROM audit_consistency_proof(2, 3);
SELECT tree_size, cardinality(proof) AS proof FROM audit_consistency_proof(3, 3);
SELECT a, b, t.outcome('audit_inclusion_proof($1::bigint, $2::bigint)', a, b) AS inclusion,
       t.outcome('audit_consistency_proof($1::bigint, $2::bigint)', a, b) AS consistency
  FROM (VALUES (NULL, '3'), ('-1', '3'), ('3', '-3'), ('4', '3'), ('0', '0')) AS v (a, b);
SELECT left(note, 20) AS note, t.outcome('phone_crypt_audit_verify($1)', note) AS outcome
  FROM (VALUES (''), ('x'), (E'a\n1\n\n'), (E'a\n1\nAAAA\n\n\u2014 a AAAAAAAA\n')) AS v (note);
-- Another's checkpoint.
SELECT intact, problem FROM phone_crypt_audit_verify(E'elsewhere\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n\u2014 elsewhere AAAAAAAA\n');
SELECT intact, problem FROM phone_crypt_audit_verify(replace(:'note', E'\n' || :size_of_note || E'\n', E'\n' || :size_of_note + 1 || E'\n'));

-- Who may read it.
SET ROLE regress_auditor;
SELECT t.outcome('(SELECT count(*) FROM phone_crypt.audit_log)') AS log, t.outcome('phone_crypt_audit_verify()') AS verify;
RESET ROLE;
SELECT phone_crypt_grant('regress_auditor', 'auditor');
SET ROLE regress_auditor;
SELECT count(*) > 0 AS log FROM phone_crypt.audit_log;
SELECT count(*) AS status FROM phone_crypt.audit_status;
SELECT key_id, verifier LIKE 'phone_crypt/%' AS verifier FROM phone_crypt.audit_keys;
SELECT intact FROM phone_crypt_audit_verify(:'note');
SELECT t.outcome('phone_crypt.audit_event(''policy_set'')') AS event, t.outcome('(SELECT count(*) FROM phone_crypt.audit_records)') AS records,
       t.outcome('phone_decrypt($1)', :'value') AS decrypt;
RESET ROLE;
SELECT phone_crypt_revoke('regress_auditor', 'auditor');

-- Edited, deleted, added: each is seen, where it is. Here each record has a row of its own.
CREATE FUNCTION t.one_a_row() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    CREATE TEMP TABLE one_a_row ON COMMIT DROP AS
        SELECT log, month, seq, written_at,
               int4send(1) || substr(record, 9, 8) || int4send(length(record) - 16) || substr(record, 17) AS records
          FROM phone_crypt.audit_log;
    DELETE FROM phone_crypt.audit_records;
    INSERT INTO phone_crypt.audit_records SELECT * FROM one_a_row;
END $$;
BEGIN;
SELECT t.one_a_row();
SELECT intact, problem, seq FROM phone_crypt_audit_verify();
UPDATE phone_crypt.audit_records SET records = records || ' ' WHERE seq = 3;
SELECT intact, problem, seq FROM phone_crypt_audit_verify();
ROLLBACK;
BEGIN;
SELECT t.one_a_row();
DELETE FROM phone_crypt.audit_records WHERE seq = 5;
SELECT intact, problem, seq FROM phone_crypt_audit_verify();
ROLLBACK;
BEGIN;
SELECT t.one_a_row();
DELETE FROM phone_crypt.audit_records WHERE seq < 5;
SELECT intact, problem, seq FROM phone_crypt_audit_verify();
ROLLBACK;
BEGIN;
SELECT t.one_a_row();
INSERT INTO phone_crypt.audit_records SELECT log, month, 1000000, written_at, records FROM phone_crypt.audit_records WHERE seq = 5;
SELECT intact, problem, seq FROM phone_crypt_audit_verify();
ROLLBACK;
BEGIN;
SELECT t.one_a_row();
UPDATE phone_crypt.audit_records SET records = overlay(records PLACING '\x01' FROM 5) WHERE seq = 7;
SELECT intact, problem, seq FROM phone_crypt_audit_verify();
UPDATE phone_crypt.audit_tiles SET hashes = overlay(hashes PLACING (SELECT sha256('\x00'::bytea || record) FROM phone_crypt.audit_log WHERE seq = 7) FROM 7 * 32 + 1) WHERE tile = 0;
SELECT intact, problem, seq > 7 AS later FROM phone_crypt_audit_verify();
ROLLBACK;
-- What is no batch has no records.
SELECT count(*) FROM phone_crypt.audit_unpack(5, '\x00') AS a FULL JOIN phone_crypt.audit_unpack(-1, '\x00000000') AS b ON true;
SELECT seq, happened_at, record FROM phone_crypt.audit_unpack(9, '\x00000002 0000000000000001 00000002 7b7d 0000000000000002 80000000');
-- A filter by month leaves the other partitions out, one by the time of writing other rows.
CREATE FUNCTION t.explain(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE line text;
BEGIN
    FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP
        RETURN NEXT regexp_replace(line, 'audit_\d{4}_\d\d_[0-9a-f]{8}', '<partition>');
    END LOOP;
END $$;
SELECT t.explain($$SELECT seq FROM phone_crypt.audit_log WHERE month = '2000-01-01'$$);
SELECT t.explain($$SELECT seq FROM phone_crypt.audit_log WHERE month >= '2000-01-01' AND written_at >= '2000-01-15'$$);
-- A look-up by number finds the row that has it by its index.
SELECT t.explain('SELECT event FROM audit_record(7)');
SELECT t.explain('SELECT event FROM audit_record(3, 300)');
SELECT count(*), min(seq), max(seq) FROM audit_record(3, 9);
SELECT seq FROM audit_record(7);
SELECT count(*) FROM audit_record(NULL) AS a FULL JOIN audit_record(-5, -1) AS b ON true FULL JOIN audit_record(1000000, 9223372036854775807) AS c ON true
    FULL JOIN audit_record(9, 7) AS d ON true;
SELECT count(*) = (SELECT size FROM phone_crypt.audit_status) AS are_all FROM audit_record(0, 9223372036854775807);
-- Each is the one that the view has.
SELECT count(*) FILTER (WHERE r.record IS DISTINCT FROM l.record) AS other, count(*) FILTER (WHERE r.seq IS DISTINCT FROM l.seq) AS elsewhere
  FROM phone_crypt.audit_log AS l LEFT JOIN LATERAL audit_record(l.seq) AS r ON true;
-- What no record's number can be, and what no log has.
BEGIN;
SELECT t.one_a_row();
INSERT INTO phone_crypt.audit_records SELECT log, month, -5, written_at, records FROM phone_crypt.audit_records WHERE seq = 5;
SELECT intact, problem, seq FROM phone_crypt_audit_verify();
ROLLBACK;
BEGIN;
ALTER TABLE phone_crypt.audit_records ALTER log DROP NOT NULL;
CREATE TABLE phone_crypt.audit_rest PARTITION OF phone_crypt.audit_records DEFAULT;
INSERT INTO phone_crypt.audit_records SELECT 'other', month, 5, written_at, records FROM phone_crypt.audit_records WHERE seq < 256;
SELECT intact, problem, seq FROM phone_crypt_audit_verify();
UPDATE phone_crypt.audit_rest SET log = NULL;
SELECT intact, problem, seq FROM phone_crypt_audit_verify();
ROLLBACK;
BEGIN;
SELECT t.one_a_row();
CREATE TABLE phone_crypt.audit_rest PARTITION OF phone_crypt.audit_records DEFAULT;
UPDATE phone_crypt.audit_records SET month = month - 40 WHERE seq = 5;
SELECT intact, problem, seq FROM phone_crypt_audit_verify();
ROLLBACK;
BEGIN;
INSERT INTO phone_crypt.audit_tiles SELECT log, -1, hashes, root FROM phone_crypt.audit_tiles WHERE tile = 0;
SELECT intact, problem, seq FROM phone_crypt_audit_verify();
UPDATE phone_crypt.audit_tiles SET tile = 1000 WHERE tile = -1;
SELECT intact, problem, seq FROM phone_crypt_audit_verify();
ROLLBACK;
BEGIN;
UPDATE phone_crypt.audit_checkpoints SET note = overlay(note PLACING 'x' FROM 1) WHERE size = :size_of_note;
SELECT intact, problem, seq = :size_of_note AS newest FROM phone_crypt_audit_verify();
ROLLBACK;
SELECT intact FROM phone_crypt_audit_verify();

RESET phone_crypt.audit;
DELETE FROM phone_crypt.api_tokens WHERE token_id = :'token_id';
RESET application_name;
SELECT phone_crypt_revoke('regress_reader', 'reader'), phone_crypt_revoke('"regress 0401148075"', 'masked');
DROP ROLE regress_reader, regress_auditor, "regress 0401148075";
DROP FUNCTION t.reads(text), t.recorded(bigint);
