//! What an owner can make of a table that is encrypted already: other types, names, columns, kinds.

use crate::attack::{Attack, Moment};

/// Types that a column of ours is made to have, and what its values become.
const TYPES: [(&str, &str); 8] = [
    ("bigint", "1"),
    ("bytea", "'\\x00'"),
    ("varchar(3)", "'abc'"),
    ("char(200)", "'abc'"),
    ("name", "'abc'"),
    ("text[]", "'{}'"),
    ("own.row", "row(1, 'abc')::own.row"),
    ("own.big", "8589934592"),
];

const COLUMNS: [&str; 5] = ["phone", "phone_encrypted", "phone_hash", "phone_raw", "ctx"];

const CHANGES: [(&str, &str); 18] = [
    ("the column renamed", "ALTER TABLE own.customers RENAME phone_encrypted TO other"),
    ("the hash renamed", "ALTER TABLE own.customers RENAME phone_hash TO other"),
    ("names exchanged", "ALTER TABLE own.customers RENAME phone_encrypted TO x; ALTER TABLE own.customers RENAME id TO phone_encrypted;
         ALTER TABLE own.customers RENAME x TO id"),
    ("the column dropped", "ALTER TABLE own.customers DROP phone_encrypted CASCADE"),
    ("the hash dropped and another there", "ALTER TABLE own.customers DROP phone_hash CASCADE, ADD phone_hash bigint DEFAULT 7"),
    ("the primary key dropped", "ALTER TABLE own.customers DROP CONSTRAINT customers_pkey"),
    ("the primary key of a type of one's own", "ALTER TABLE own.customers DROP CONSTRAINT customers_pkey;
         CREATE TYPE own.row AS (a int, b text); ALTER TABLE own.customers ADD key own.row; UPDATE own.customers SET key = row(id, 'x'); ALTER TABLE own.customers ADD PRIMARY KEY (key)"),
    ("the table renamed", "ALTER TABLE own.customers RENAME TO others"),
    ("another table of its name", "ALTER TABLE own.customers RENAME TO others; CREATE TABLE own.customers (id bigint PRIMARY KEY, phone bigint)"),
    ("a view of its name", "ALTER TABLE own.customers RENAME TO others; CREATE VIEW own.customers AS SELECT 1::bigint AS id, m.attack() AS phone"),
    ("the table dropped", "DROP TABLE own.customers CASCADE"),
    ("the schema renamed", "ALTER SCHEMA own RENAME TO mine; CREATE SCHEMA own"),
    ("a table that inherits, its columns in another order", "CREATE TABLE own.child (ctx bigint, phone_hash text, id bigint NOT NULL PRIMARY KEY, seen timestamptz,
         phone_raw text, phone_encrypted text); ALTER TABLE own.child DROP ctx, ADD ctx text, ADD phone text;
         ALTER TABLE own.child INHERIT own.customers; INSERT INTO own.child (id) VALUES (88)"),
    ("our trigger dropped", "DROP TRIGGER zz_phone_crypt_phone ON own.customers"),
    ("our trigger with other arguments", "DROP TRIGGER zz_phone_crypt_phone ON own.customers;
         CREATE TRIGGER zz BEFORE INSERT OR UPDATE ON own.customers FOR EACH ROW EXECUTE FUNCTION phone_crypt.keep_column('id')"),
    ("our trigger at another time", "CREATE TRIGGER zz AFTER INSERT OR UPDATE OR DELETE ON own.customers FOR EACH ROW EXECUTE FUNCTION phone_crypt.keep_column('phone');
         CREATE TRIGGER yy BEFORE UPDATE ON own.customers FOR EACH STATEMENT EXECUTE FUNCTION phone_crypt.keep_column('phone');
         CREATE TRIGGER xx BEFORE DELETE ON own.customers FOR EACH ROW EXECUTE FUNCTION phone_crypt.keep_column()"),
    ("every trigger off", "ALTER TABLE own.customers DISABLE TRIGGER ALL"),
        (
        "our other triggers on a table of one's own",
        "CREATE TRIGGER a BEFORE UPDATE ON own.customers FOR EACH ROW
             EXECUTE FUNCTION phone_crypt.write_through('own.customers', 'phone', 'phone_encrypted', '', 'ctx');
         CREATE TRIGGER b AFTER UPDATE ON own.customers EXECUTE FUNCTION phone_crypt.write_through();
         CREATE TRIGGER c BEFORE DELETE ON own.customers FOR EACH ROW EXECUTE FUNCTION phone_crypt.refuse_write()",
    ),
];

/// The types that the attacks make of columns; and nothing is left that would keep a column from another type.
const OWN_TYPES: &str = "CREATE TYPE own.row AS (a int, b text);
    CREATE FUNCTION own.big(bigint) RETURNS boolean LANGUAGE plpgsql AS 'BEGIN PERFORM m.payload(); RETURN true; END';
    CREATE DOMAIN own.big AS bigint CHECK (own.big(VALUE));
    DROP VIEW own.looks;
    ALTER TABLE own.customers DROP CONSTRAINT IF EXISTS customers_phone_key;
    DO $$ DECLARE name text; BEGIN
        FOR name IN SELECT i.indexrelid::regclass FROM pg_index AS i
                     WHERE i.indrelid = 'own.customers'::regclass AND NOT i.indisprimary
        LOOP EXECUTE 'DROP INDEX ' || name; END LOOP;
    END $$;";

/// Every column of every type.
pub fn types() -> Vec<Attack> {
    let mut attacks = Vec::new();
    for column in COLUMNS {
        for (kind, value) in TYPES {
            let name = format!("{column} of type {kind}");
            let sql = format!(
                "{OWN_TYPES} ALTER TABLE own.customers ALTER {column} DROP DEFAULT, ALTER {column} TYPE {kind} USING {value}"
            );
            let attack = Attack::change(&name, &sql);
            attacks.push(match column {
                "phone_encrypted" | "phone_hash" => attack,
                _ => attack.at(Moment::Encrypted),
            });
        }
    }
    attacks
}

/// The table changed in every way.
pub fn changes() -> Vec<Attack> {
    let changes = CHANGES.iter();
    changes
        .map(|(name, sql)| Attack::change(name, sql))
        .collect()
}
