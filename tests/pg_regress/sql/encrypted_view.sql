-- The view in a table's place: an application reads and writes it as it did the table.
\set VERBOSITY sqlstate
SET client_min_messages = warning;
CREATE ROLE regress_application;
CREATE ROLE regress_support;
CREATE TABLE "Member" (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text, phone varchar(30) UNIQUE,
                       joined date NOT NULL DEFAULT '2026-01-01');
INSERT INTO "Member" (name, phone) VALUES ('Ada', '0401 148 075'), ('Bob', NULL);
CALL phone_add_encrypted_column('"Member"', 'phone', context => 'member.phone', view_name => 'member_shown');
GRANT SELECT, INSERT, UPDATE, DELETE ON "Member", member_shown TO regress_application, regress_support;
SELECT FROM phone_crypt_grant('regress_application', 'reader');
SELECT FROM phone_crypt_grant('regress_support', 'masked');

-- While the plain column is there its own trigger encrypts: no right to encrypt is needed.
SET ROLE regress_support;
SELECT * FROM member_shown ORDER BY id;
INSERT INTO member_shown (name, phone) VALUES ('Cy', '0401 148 076') RETURNING *;
UPDATE member_shown SET name = 'Cyd' WHERE name = 'Cy' RETURNING id, name, joined;
UPDATE member_shown SET phone = '0401 148 077' WHERE name = 'Cyd';
INSERT INTO member_shown (name, phone) VALUES ('twice', '+61401148077');
RESET ROLE;
SELECT id, name, phone, phone_decrypt(phone_encrypted, 'member.phone'), phone_hash = phone_hash('0401148077') AS is_77
  FROM "Member" ORDER BY id;

CALL phone_drop_plaintext('"Member"', 'phone');

-- Afterwards it takes profile writer.
SET ROLE regress_application;
SELECT * FROM member_shown ORDER BY id;
INSERT INTO member_shown (name, phone) VALUES ('Di', '0401 148 078') RETURNING id, name, joined;
UPDATE member_shown SET phone = '0401 148 079', joined = '2026-02-02' WHERE name = 'Bob' RETURNING joined;
UPDATE member_shown SET phone = NULL WHERE name = 'Ada';
UPDATE member_shown SET name = name WHERE name = 'Di';
INSERT INTO member_shown (name, phone) VALUES ('twice', '+61401148078');
INSERT INTO member_shown (name, phone) VALUES ('none', 'ask for Bob');
DELETE FROM member_shown WHERE name = 'Cyd' RETURNING id;
SELECT * FROM member_shown ORDER BY id;
SET ROLE regress_support;
SELECT * FROM member_shown ORDER BY id;
UPDATE member_shown SET name = 'Dinah' WHERE name = 'Di';
UPDATE member_shown SET phone = '0401 148 070' WHERE name = 'Dinah';
RESET ROLE;
SELECT id, name, phone_decrypt(phone_encrypted, 'member.phone'),
       phone_hash = phone_hash(phone_decrypt(phone_encrypted, 'member.phone')) AS found FROM "Member" ORDER BY id;

DROP VIEW member_shown;
CALL phone_decrypt_column('"Member"', 'phone');
SELECT id, name, phone FROM "Member" ORDER BY id;
DROP TABLE "Member";
DELETE FROM phone_crypt.pinned_keys;
DELETE FROM phone_crypt.jobs;
DROP OWNED BY regress_application, regress_support;
DROP ROLE regress_application, regress_support;
