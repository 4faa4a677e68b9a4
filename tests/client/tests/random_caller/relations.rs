//! One relation of every kind, with one way of being odd each.

/// Makes them, in schema `zoo`.
pub const MAKE: &str = "
    CREATE SCHEMA zoo;
    SELECT webhook_endpoint_create('hook', 'phone-agent', 'secret'), webhook_endpoint_create('form', 'vonage-sms', 'secret');
    SELECT phone_send_policy_set('a', regions => '{all}', budget_day => 1e6), phone_send_price_set('+', 0.1);
    CREATE TABLE zoo.customers (id bigint PRIMARY KEY, phone text UNIQUE, seen timestamptz DEFAULT now(), ctx text);
    INSERT INTO zoo.customers VALUES (1, '0401148075', now(), 'c1'), (2, '+14011480751', now() - interval '1 year', 'c2'),
                                     (3, 'ask for Bob', now(), 'c3'), (4, NULL, now(), NULL);
    CREATE TABLE zoo.legacy (id int PRIMARY KEY, phone text);
    INSERT INTO zoo.legacy VALUES (1, '000102030405060708090a0b0c0d0e0f:7147b48734fdc83e28cf6abdcbedc973'), (2, ':'), (3, '');
    CREATE TABLE zoo.rate_limits (id varchar(255) PRIMARY KEY, count integer NOT NULL, window_start bigint NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now());
    INSERT INTO zoo.rate_limits VALUES ('phone:0401148075', 3, 0), ('phone:', -1, -1),
        ('ip:1', 2147483647, 9223372036854775807), ('phone_hash:x', 1, 1);
    CREATE TABLE zoo.other_rate_limits (id text, count text, window_start numeric, created_at date, updated_at date);
    CREATE TABLE zoo.parts (id int, phone text, PRIMARY KEY (id)) PARTITION BY RANGE (id);
    CREATE TABLE zoo.part PARTITION OF zoo.parts DEFAULT;
    CREATE TABLE zoo.parent (id int PRIMARY KEY, phone text);
    CREATE TABLE zoo.child (other bigint) INHERITS (zoo.parent);
    CREATE TABLE zoo.nothing ();
    CREATE TABLE zoo.gaps (a int, b text, phone bigint, id int PRIMARY KEY);
    ALTER TABLE zoo.gaps DROP a, DROP b;
    CREATE TABLE zoo.\"an \"\"odd\"\" name; --\" (\"an 'odd' column\" text, phone varchar(3), id uuid PRIMARY KEY);
    CREATE UNLOGGED TABLE zoo.unlogged (id text PRIMARY KEY, phone char(20) COLLATE \"C\");
    CREATE VIEW zoo.looks AS SELECT * FROM zoo.customers;
    CREATE MATERIALIZED VIEW zoo.seen AS SELECT * FROM zoo.customers;
    CREATE SEQUENCE zoo.counter;
    CREATE INDEX an_index ON zoo.parent (phone);
    CREATE INDEX index_of_parts ON zoo.parts (phone);
    CREATE TYPE zoo.pair AS (id int, phone text);
    CREATE FOREIGN DATA WRAPPER nowhere;
    CREATE SERVER nowhere FOREIGN DATA WRAPPER nowhere;
    CREATE FOREIGN TABLE zoo.far (id int, phone text) SERVER nowhere;
    CREATE TEMP TABLE mine (id int PRIMARY KEY, phone text);
    CREATE TABLE zoo.typed (id int PRIMARY KEY, phone public.encrypted_phone UNIQUE);
    INSERT INTO zoo.typed VALUES (1, '0401148075'), (2, 'ask for Bob'), (3, NULL);
    CREATE TABLE zoo.turning (id int PRIMARY KEY, phone text UNIQUE, phone_encrypted public.encrypted_phone);
    INSERT INTO zoo.turning VALUES (1, '0401148075'), (2, 'ask for Bob'), (3, NULL);
    CREATE TRIGGER zz_phone_crypt_columns_1 BEFORE UPDATE OF phone, phone_encrypted ON zoo.turning
        FOR EACH ROW WHEN (false) EXECUTE FUNCTION phone_crypt.convert_row('one', 'columns');
    CREATE TRIGGER zz_phone_crypt_3_1 BEFORE INSERT OR UPDATE ON zoo.turning
        FOR EACH ROW EXECUTE FUNCTION phone_crypt.convert_row('one', 'fill');
    ALTER TABLE zoo.turning ENABLE ALWAYS TRIGGER zz_phone_crypt_3_1;
    CREATE TABLE zoo.reading (id int PRIMARY KEY, phone text UNIQUE, phone_encrypted public.encrypted_phone);
    INSERT INTO zoo.reading VALUES (1, public.phone_encrypt('0401148075')), (2, public.phone_encrypt('0401148076')), (3, NULL);
    CREATE TRIGGER zz_phone_crypt_columns_1 BEFORE UPDATE OF phone, phone_encrypted ON zoo.reading
        FOR EACH ROW WHEN (false) EXECUTE FUNCTION phone_crypt.convert_row('two', 'columns', 'value ');
    CREATE TRIGGER zz_phone_crypt_3_1 BEFORE INSERT OR UPDATE ON zoo.reading
        FOR EACH ROW EXECUTE FUNCTION phone_crypt.convert_row('two', 'read');
    ALTER TABLE zoo.reading ENABLE ALWAYS TRIGGER zz_phone_crypt_3_1;
    CREATE TABLE zoo.gone (id int PRIMARY KEY, phone text);
    DO $$ BEGIN
        EXECUTE format('CREATE VIEW zoo.oid_of_gone AS SELECT %s::oid AS oid', 'zoo.gone'::regclass::oid);
    END $$;
    DROP TABLE zoo.gone";

/// Each as an expression of type oid.
pub const OIDS: [&str; 38] = [
    "NULL",
    "'zoo.typed'::regclass",
    "'zoo.turning'::regclass",
    "'zoo.reading'::regclass",
    "'zoo.customers'::regclass",
    "'zoo.customers'::regclass",
    "'zoo.legacy'::regclass",
    "'zoo.rate_limits'::regclass",
    "'zoo.rate_limits'::regclass",
    "'zoo.other_rate_limits'::regclass",
    "'zoo.parts'::regclass",
    "'zoo.part'::regclass",
    "'zoo.parent'::regclass",
    "'zoo.child'::regclass",
    "'zoo.nothing'::regclass",
    "'zoo.gaps'::regclass",
    "'zoo.\"an \"\"odd\"\" name; --\"'::regclass",
    "'zoo.unlogged'::regclass",
    "'zoo.looks'::regclass",
    "'zoo.seen'::regclass",
    "'zoo.counter'::regclass",
    "'zoo.an_index'::regclass",
    "'zoo.index_of_parts'::regclass",
    "'zoo.pair'::regclass",
    "'zoo.far'::regclass",
    "(SELECT oid FROM pg_class WHERE relname = 'mine')",
    "(SELECT oid FROM zoo.oid_of_gone)",
    "(SELECT reltoastrelid FROM pg_class WHERE oid = 'zoo.customers'::regclass)",
    "'pg_class'::regclass",
    "'pg_authid'::regclass",
    "'pg_largeobject'::regclass",
    "'information_schema.tables'::regclass",
    "'phone_crypt.pinned_keys'::regclass",
    "'phone_crypt.jobs'::regclass",
    "'phone_crypt.rate_limits'::regclass",
    "0::oid",
    "1::oid",
    "4294967295::oid",
];

/// Tables that triggers may be put on, and a change of their rows.
pub const CHANGES: [(&str, &str); 11] = [
    (
        "zoo.turning",
        "UPDATE zoo.turning SET phone = phone, phone_encrypted = NULL",
    ),
    (
        "zoo.reading",
        "UPDATE zoo.reading SET phone = (SELECT phone FROM zoo.reading WHERE id = 2) WHERE id < 2",
    ),
    ("zoo.customers", "UPDATE zoo.customers SET ctx = ctx"),
    (
        "zoo.customers",
        "INSERT INTO zoo.customers (id, phone) VALUES (9, '0401148079')",
    ),
    ("zoo.customers", "DELETE FROM zoo.customers"),
    ("zoo.customers", "TRUNCATE zoo.customers"),
    ("zoo.legacy", "UPDATE zoo.legacy SET phone = phone"),
    ("zoo.gaps", "INSERT INTO zoo.gaps VALUES (1, 2)"),
    (
        "zoo.parts",
        "INSERT INTO zoo.parts VALUES (1, '0401148075'); UPDATE zoo.parts SET id = 2",
    ),
    ("zoo.looks", "UPDATE zoo.looks SET phone = phone"),
    (
        "zoo.looks",
        "INSERT INTO zoo.looks (id, phone) VALUES (9, '0401148079')",
    ),
];
