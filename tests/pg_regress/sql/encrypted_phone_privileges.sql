-- Who may give what as input of the data type, and that no message shows it.
CREATE TABLE customer (id int PRIMARY KEY, phone encrypted_phone UNIQUE CHECK (phone_require_number(phone)));
INSERT INTO customer VALUES (1, '0401148075');
CREATE TABLE raw_text (entered text);
INSERT INTO raw_text VALUES ('0401148075');
CREATE ROLE regress_none; CREATE ROLE regress_half; CREATE ROLE regress_writer; CREATE ROLE regress_restore;
CREATE ROLE regress_reader; CREATE ROLE regress_masked;
GRANT ALL ON customer, raw_text TO regress_none, regress_half, regress_writer, regress_restore, regress_reader, regress_masked;
GRANT EXECUTE ON FUNCTION phone_hash(text, text, text) TO regress_half;
SELECT phone_crypt_grant(('regress_' || profile)::regrole, profile) FROM unnest('{writer,restore,reader,masked}'::text[]) AS profile;
CREATE FUNCTION as_owner(text) RETURNS SETOF int LANGUAGE sql SECURITY DEFINER SET search_path = public, t, pg_temp
    AS $$SELECT id FROM customer WHERE phone = $1$$;
CREATE VIEW shown AS SELECT id, phone_reveal(phone) AS phone FROM customer;
GRANT SELECT ON shown TO regress_masked, regress_reader;
SELECT phone::text AS stored FROM customer \gset
SET t.stored = :'stored';

-- Plain text needs phone_encrypt and phone_hash, in whatever way it comes. The settings keep the numbers out of what is printed.
CREATE PROCEDURE t.try_all() LANGUAGE plpgsql AS $$
DECLARE
    statement text;
    outcome text;
BEGIN
    FOREACH statement IN ARRAY ARRAY[
        $s$SELECT id FROM customer WHERE phone = '0401148075'$s$,
        $s$SELECT id FROM customer WHERE phone = '0401148075'::text$s$,
        $s$SELECT id FROM customer WHERE phone = '0401148075'::char(20)$s$,
        $s$SELECT id FROM customer WHERE phone = ANY('{0401148075}'::text[])$s$,
        $s$SELECT id FROM customer WHERE phone = ANY('{0401148075}')$s$,
        $s$SELECT id FROM customer JOIN raw_text ON phone = entered$s$,
        $s$INSERT INTO customer VALUES (2, '0401148076')$s$,
        $s$INSERT INTO customer SELECT 3, '0401148077'::text$s$,
        $s$SELECT jsonb_populate_record(NULL::customer, '{"phone": "0401148075"}') IS NULL$s$,
        $s$SELECT encrypted_phone('0401148075', 'AU') IS NULL$s$,
        $s$SELECT count(*) FROM as_owner('0401148075')$s$,
        $s$INSERT INTO customer VALUES (4, current_setting('t.stored'))$s$,
        $s$SELECT id FROM customer WHERE phone = current_setting('t.stored')$s$,
        $s$SELECT phone_from_value('x', 'a915ee2b')$s$,
        $s$SELECT phone_decrypt(phone) FROM customer$s$,
        $s$SELECT phone_show(phone) FROM customer$s$,
        $s$SELECT phone_mask(phone) FROM customer$s$,
        $s$SELECT phone_reveal(phone) FROM customer$s$,
        $s$SELECT phone_hash(phone) IS NULL FROM customer$s$,
        $s$SELECT phone_is_number(phone), phone_key_id(phone), phone_value(phone) IS NULL FROM customer$s$,
        $s$UPDATE customer SET id = id WHERE id = 1$s$,
        $s$UPDATE customer SET phone = phone WHERE id = 1$s$
    ] LOOP
        outcome := split_part(t.command(statement), ' ', 1);
        RAISE INFO '%: %', outcome, statement;
    END LOOP;
END;
$$;
\set VERBOSITY terse
BEGIN; SET LOCAL ROLE regress_none; CALL t.try_all(); ROLLBACK;
BEGIN; SET LOCAL ROLE regress_half; CALL t.try_all(); ROLLBACK;
BEGIN; SET LOCAL ROLE regress_writer; CALL t.try_all(); ROLLBACK;
BEGIN; SET LOCAL ROLE regress_restore; CALL t.try_all(); ROLLBACK;
BEGIN; SET LOCAL ROLE regress_masked; CALL t.try_all(); ROLLBACK;
BEGIN; SET LOCAL ROLE regress_reader; CALL t.try_all(); ROLLBACK;
\set VERBOSITY default

-- A grant, a revoke and a membership count at once.
SET ROLE regress_half;
SELECT t.outcome($$'0401148075'::text::encrypted_phone IS NULL$$);
RESET ROLE; GRANT EXECUTE ON FUNCTION phone_encrypt(text, text, text) TO regress_half; SET ROLE regress_half;
SELECT t.outcome($$'0401148075'::text::encrypted_phone IS NULL$$);
RESET ROLE; REVOKE EXECUTE ON FUNCTION phone_encrypt(text, text, text) FROM regress_half; SET ROLE regress_half;
SELECT t.outcome($$'0401148075'::text::encrypted_phone IS NULL$$);
RESET ROLE; GRANT regress_writer TO regress_half; SET ROLE regress_half;
SELECT t.outcome($$'0401148075'::text::encrypted_phone IS NULL$$);
RESET ROLE; REVOKE regress_writer FROM regress_half; SET ROLE regress_half;
SELECT t.outcome($$'0401148075'::text::encrypted_phone IS NULL$$);
RESET ROLE;

-- COPY tells neither the line nor the number: of ours, and none of the context that PostgreSQL adds.
SET ROLE regress_none;
COPY customer FROM stdin;
5	0401148078
\.
COPY customer FROM stdin (FORMAT csv);
5,0401148078
\.
RESET ROLE;
COPY customer FROM stdin;
5	000102030405060708090a0b0c0d0e0f:01a915ee2b
\.
COPY customer FROM stdin;
5	ask for Bob
\.
-- Binary in, binary out.
\set file `mktemp -u /tmp/phone_crypt_regress.XXXXXX`
CREATE TABLE copied (LIKE customer INCLUDING ALL);
COPY customer TO :'file' (FORMAT binary);
COPY copied FROM :'file' (FORMAT binary);
SELECT id, phone_decrypt(phone) FROM copied WHERE phone = '0401148075';
GRANT ALL ON copied TO regress_writer; GRANT pg_read_server_files TO regress_writer;
SET ROLE regress_writer;
TRUNCATE copied;
COPY copied FROM :'file' (FORMAT binary);
RESET ROLE;
\setenv FILE :file
\! rm -f "$FILE"

DROP TABLE copied, raw_text; DROP VIEW shown; DROP FUNCTION as_owner; DROP TABLE customer; DROP PROCEDURE t.try_all;
DROP OWNED BY regress_none, regress_half, regress_writer, regress_restore, regress_reader, regress_masked;
DROP ROLE regress_none, regress_half, regress_writer, regress_restore, regress_reader, regress_masked;
