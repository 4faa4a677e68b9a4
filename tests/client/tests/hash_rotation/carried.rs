//! What hangs on a column follows it.

use phone_crypt_client_tests::Sql;
use postgres::Client;

use crate::shared::{ROTATE, SERVER, before_rotation, check_nothing_left, hash_keys_of};

fn state(client: &mut Client) -> Vec<String> {
    let mut state = Vec::new();
    for sql in [
        "SELECT 'column', a.attname, a.atttypid::regtype, a.attnotnull, a.attacl, col_description(a.attrelid, a.attnum),
                coalesce(a.attstattarget, -1)
           FROM pg_attribute AS a WHERE a.attrelid = 'customer'::regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER BY 2",
        "SELECT 'index', pg_get_indexdef(i.indexrelid), i.indisvalid, i.indimmediate, obj_description(i.indexrelid, 'pg_class')
           FROM pg_index AS i WHERE i.indrelid = 'customer'::regclass ORDER BY 2",
        "SELECT 'constraint', c.conname, pg_get_constraintdef(c.oid), c.convalidated, c.condeferrable,
                obj_description(c.oid, 'pg_constraint')
           FROM pg_constraint AS c WHERE c.conrelid = 'customer'::regclass ORDER BY 2",
        "SELECT 'trigger', t.tgname, t.tgenabled FROM pg_trigger AS t WHERE t.tgrelid = 'customer'::regclass ORDER BY 2",
        "SELECT 'label', l.label FROM pg_seclabel AS l WHERE l.objoid = 'customer'::regclass AND l.objsubid > 0",
    ] {
        state.extend(client.rows(sql));
    }
    state
}

#[test]
fn everything_that_belongs_to_the_column_follows() {
    let (_, mut client) = before_rotation(&SERVER);
    client.run(
        "CREATE ROLE rehash_reader; SELECT phone_crypt_grant('rehash_reader', 'writer');
         CREATE TABLE customer (id int PRIMARY KEY, tenant int, phone encrypted_phone NOT NULL, mobile encrypted_phone,
             CONSTRAINT a_number CHECK (phone_require_number(phone)), CONSTRAINT of_tenant UNIQUE (tenant, phone),
             CONSTRAINT one_of CHECK (phone IS NOT NULL OR mobile IS NOT NULL),
             CONSTRAINT later CHECK (mobile <> phone) NO INHERIT NOT VALID);
         CREATE UNIQUE INDEX \"by Phone\" ON customer (phone);
         CREATE INDEX recent ON customer (phone DESC NULLS LAST, id) INCLUDE (tenant) WITH (fillfactor = 80);
         CREATE INDEX ON customer (mobile);
         COMMENT ON COLUMN customer.phone IS 'where to call';
         COMMENT ON CONSTRAINT a_number ON customer IS 'numbers only';
         COMMENT ON CONSTRAINT of_tenant ON customer IS 'one a tenant';
         COMMENT ON INDEX recent IS 'an index';
         ALTER TABLE customer ALTER phone SET STATISTICS 77;
         GRANT SELECT (phone), UPDATE (phone) ON customer TO rehash_reader;
         SELECT phone_column_policy('customer', 'phone', 'delete');
         CREATE FUNCTION looks() RETURNS trigger LANGUAGE plpgsql AS
             $$ DECLARE phone customer.phone%TYPE := NEW.phone; BEGIN RETURN NEW; END $$;
         CREATE TRIGGER looks BEFORE INSERT OR UPDATE ON customer FOR EACH ROW EXECUTE FUNCTION looks();
         INSERT INTO customer SELECT i, i % 7, '+61401' || to_char(i, 'FM000000'), '+61402' || to_char(i, 'FM000000')
           FROM generate_series(1, 500) AS i",
    );
    let before = state(&mut client);
    client.run(ROTATE);
    assert_eq!(state(&mut client), before);
    assert_eq!(hash_keys_of(&mut client, "customer"), ["3a4e3936|500"]);
    // The constraints hold.
    for (sql, sqlstate) in [
        (
            "INSERT INTO customer (id, tenant, phone) VALUES (1000, 1, 'ask for Bob')",
            "23514",
        ),
        (
            "INSERT INTO customer (id, tenant, phone) VALUES (1000, 1, '0401 000 007')",
            "23505",
        ),
        ("UPDATE customer SET phone = NULL WHERE id = 4", "23502"),
        ("UPDATE customer SET mobile = phone WHERE id = 4", "23514"),
    ] {
        assert_eq!(client.refusal(sql, &[]).sqlstate, sqlstate, "{sql}");
    }
    client.run("INSERT INTO customer (id, tenant, phone) VALUES (4, 4, '0401 000 004') ON CONFLICT (phone) DO UPDATE SET tenant = 3");
    client.run("INSERT INTO customer (id, tenant, phone) VALUES (5, 5, '0401 000 005') ON CONFLICT ON CONSTRAINT of_tenant DO NOTHING");
    let plan = client
        .rows("EXPLAIN SELECT id FROM customer WHERE phone = '0401 000 004'")
        .concat();
    assert!(plan.contains("Index"), "{plan}");
    client.run("ALTER TABLE customer DROP CONSTRAINT later");
    check_nothing_left(&mut client);
}
