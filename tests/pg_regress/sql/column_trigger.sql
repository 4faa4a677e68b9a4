-- The trigger of an encrypted column: what an application writes, in whichever column, the others follow.
\pset null '<NULL>'
\set VERBOSITY sqlstate
CREATE TABLE contact (
    id int PRIMARY KEY, phone varchar(20), phone_encrypted text, phone_hash text UNIQUE, phone_raw text
);
INSERT INTO phone_crypt.columns (relation, column_name, encrypted_column, hash_column, raw_column, has_plaintext,
                                 context, context_column, hash_key_id, hash_scheme)
SELECT 'contact'::regclass, 'phone', 'phone_encrypted', 'phone_hash', 'phone_raw', true,
       'contact.phone', 'id', key_id, 'derived' FROM phone_crypt.key_status WHERE 'hash' = ANY (roles);
CREATE TRIGGER zz_phone_crypt_phone BEFORE INSERT OR UPDATE ON contact
    FOR EACH ROW EXECUTE FUNCTION phone_crypt.keep_column('phone');
CREATE FUNCTION context(id int) RETURNS text LANGUAGE sql IMMUTABLE RETURN 'contact.phone' || E'\x1f' || id;
CREATE VIEW contact_shown AS
    SELECT id, phone, phone_decrypt(phone_encrypted, context(id)) AS number,
           CASE WHEN phone_hash = phone_hash(phone_decrypt(phone_encrypted, context(id))) THEN 'right'
                WHEN phone_hash IS NOT NULL THEN 'wrong' END AS hash,
           phone_decrypt_raw(phone_raw, context(id)) AS raw
      FROM contact ORDER BY id;

-- The application as it was.
INSERT INTO contact (id, phone) VALUES (1, '0401 148 075'), (2, '02 9374 4000 ext. 12'), (3, 'ask for Bob'), (4, NULL);
SELECT * FROM contact_shown;

-- The application as it will be. A hash that a client makes up is put right.
INSERT INTO contact (id, phone_encrypted) VALUES (5, phone_encrypt('0401 148 076', context(5)));
INSERT INTO contact (id, phone_encrypted, phone_hash) VALUES (6, phone_encrypt('0401 148 077', context(6)), 'made up');
INSERT INTO contact (id, phone_raw) VALUES (7, phone_encrypt_raw('ask for Eve', context(7)));
INSERT INTO contact (id, phone_encrypted, phone_raw)
VALUES (8, phone_encrypt('02 9374 4001', context(8)), phone_encrypt_raw('02 9374 4001 ext. 13', context(8)));
INSERT INTO contact (id, phone_hash) VALUES (9, 'made up');
UPDATE contact SET phone_hash = 'made up' WHERE id IN (1, 3, 5);
SELECT * FROM contact_shown WHERE id IN (1, 3) OR id > 4;

-- Another number takes the original of the one before with it; the same number again takes nothing.
UPDATE contact SET phone_encrypted = phone_encrypt('02 9374 4000', context(id)) WHERE id = 2;
SELECT * FROM contact_shown WHERE id = 2;
UPDATE contact SET phone_encrypted = phone_encrypt('02 9374 4002', context(id)) WHERE id = 2;
SELECT * FROM contact_shown WHERE id = 2;

-- An original alone.
UPDATE contact SET phone_raw = phone_encrypt_raw('02 9374 4002 ext. 14', context(id)) WHERE id = 2;
UPDATE contact SET phone_raw = phone_encrypt_raw('ask for Ann', context(id)) WHERE id = 3;
UPDATE contact SET phone_raw = NULL WHERE id = 8;
UPDATE contact SET phone_encrypted = NULL, phone_raw = phone_encrypt_raw('gone', context(id)) WHERE id = 6;
SELECT * FROM contact_shown WHERE id IN (2, 3, 6, 8);

-- The context: all of it goes along.
UPDATE contact SET id = id + 10 WHERE id IN (1, 2, 3, 4);
UPDATE contact SET id = 15, phone_encrypted = phone_encrypt('0401 148 076', context(15)) WHERE id = 5;
UPDATE contact SET id = 18, phone_raw = phone_encrypt_raw('02 9374 4001 ext. 15', context(18)) WHERE id = 8;
SELECT * FROM contact_shown WHERE id > 9;

-- A value of another row, of another kind, or none at all, is refused.
UPDATE contact SET phone_encrypted = (SELECT phone_encrypted FROM contact WHERE id = 15) WHERE id = 18;
UPDATE contact SET phone_encrypted = phone_encrypt_raw('0401 148 078', context(id)) WHERE id = 18;
UPDATE contact SET phone_raw = phone_encrypt('0401 148 078', context(id)) WHERE id = 18;
UPDATE contact SET phone_encrypted = 'ask for Bob' WHERE id = 18;

-- A row without a hash, since another row has its number: it stays without until somebody writes one.
INSERT INTO contact (id, phone) VALUES (20, '+61401148076');
ALTER TABLE contact DISABLE TRIGGER zz_phone_crypt_phone;
INSERT INTO contact (id, phone, phone_encrypted)
VALUES (20, '0401148076', phone_encrypt('0401 148 076', context(20)));
ALTER TABLE contact ENABLE TRIGGER zz_phone_crypt_phone;
UPDATE contact SET phone = '+61401148076' WHERE id = 20;
UPDATE contact SET phone_encrypted = phone_encrypt('0401 148 076', context(20)) WHERE id = 20;
UPDATE contact SET phone_hash = 'any' WHERE id = 20;
SELECT * FROM contact_shown WHERE id = 20;
DELETE FROM contact WHERE id = 15;
UPDATE contact SET phone_hash = 'any' WHERE id = 20;
SELECT * FROM contact_shown WHERE id = 20;

-- A plain column that is too narrow for what would follow: characters count, not bytes.
UPDATE contact SET phone_raw = phone_encrypt_raw('Grüße an Ännchen, ja!', context(13)) WHERE id = 13;
UPDATE contact SET phone_raw = phone_encrypt_raw('Grüße an Ännchen, ja', context(13)) WHERE id = 13;
SELECT * FROM contact_shown WHERE id = 13;

DROP VIEW contact_shown;
DROP TABLE contact;
DROP FUNCTION context(int);
DELETE FROM phone_crypt.columns;
