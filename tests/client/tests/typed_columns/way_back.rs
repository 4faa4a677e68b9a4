//! A column of type `encrypted_phone` becomes plain text again, as it was written.

use phone_crypt_client_tests::Sql;
use postgres::Client;

use crate::application::{check_outcome, check_rows, make_table, while_used};
use crate::shared::{SERVER, column_state, forge, make_numbers, with_owner};

const ENCRYPT: &str = "CALL phone_encrypt_column('customer', 'phone', keep_original => true)";
const DROP: &str = "CALL phone_drop_plaintext('customer', 'phone')";
const BACK: &str = "CALL phone_decrypt_column('customer', 'phone')";
const ROWS: &str = "SELECT id, phone, phone IS NULL FROM customer ORDER BY id";

/// Whatever people write where a number is asked for.
fn make_originals(client: &mut Client) {
    client.run(
        "CREATE TABLE customer (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, phone text NOT NULL,
                                CONSTRAINT one_each UNIQUE (phone));
         CREATE INDEX by_phone ON customer (phone DESC, id);
         INSERT INTO customer (phone) VALUES
             ('+61401148075'), ('0401 148 076'), ('(04) 0114-8077'), ('+61 401 148 078 ext. 12'), ('1-800-FLOWERS'),
             ('ask for Bob'), (''), (' '), ('401148079.0'), (E'0401\\t148\\n080'), ('０４０１１４８０８１'), ('Ελένη, στο γραφείο'),
             ('☎ 0401 148 082'), (repeat('long ', 80)), ('0401 148 083 / 0401 148 084'), ('null');
         COMMENT ON COLUMN customer.phone IS 'where to call';
         COMMENT ON CONSTRAINT one_each ON customer IS 'no two';
         COMMENT ON INDEX by_phone IS 'for lists';
         ALTER TABLE customer ALTER COLUMN phone SET STATISTICS 77;
         GRANT SELECT (phone), UPDATE (phone) ON customer TO pg_monitor WITH GRANT OPTION",
    );
    client.run("SELECT phone_crypt_grant('pg_monitor', 'writer')");
}

#[test]
fn everything_is_as_it_was_written() {
    for is_dropped in [false, true] {
        let mut client = SERVER.session();
        make_originals(&mut client);
        let (rows, state) = (client.rows(ROWS), column_state(&mut client, "customer"));
        for _ in 0..2 {
            client.run(ENCRYPT);
            assert!(client.rows(ROWS) != rows);
            if is_dropped {
                client.run(DROP);
            }
            client.run(BACK);
            assert!(
                client.rows(ROWS) == rows,
                "a row was not given back as it was"
            );
            assert_eq!(column_state(&mut client, "customer"), state);
        }
        // Once more is no mistake.
        client.run(BACK);
        assert_eq!(
            client.number("SELECT count(*) FROM phone_crypt.conversions"),
            0
        );
    }
}

#[test]
fn an_application_goes_on_meanwhile() {
    let database = SERVER.database();
    let mut client = SERVER.connect_as("postgres", &database);
    make_table(&mut client, "encrypted_phone", 1500);
    let back = "CALL phone_decrypt_column('customer', 'phone', batch_size => 50)";
    let ((), outcome) = while_used(&SERVER, &database, 1500, || client.run(back));
    check_outcome(&SERVER, &outcome);
    check_rows(&mut client);
    let column = "SELECT atttypid::regtype FROM pg_attribute WHERE attrelid = 'customer'::regclass AND attname = 'phone'";
    assert_eq!(client.rows(column), ["text"]);
}

#[test]
fn what_cannot_be_read_stops_it_and_everything_is_kept() {
    let database = SERVER.database();
    let mut client = SERVER.connect_as("postgres", &database);
    make_numbers(&mut client, 10);
    forge(&SERVER, &database, "customer", 4);
    let before = client.rows("SELECT id, phone FROM customer ORDER BY id");
    client
        .refusal(BACK, &[])
        .says("22000", "1 values")
        .hides("+61402");
    assert_eq!(
        client.rows("SELECT id, phone FROM customer ORDER BY id"),
        before
    );
    client.run("DELETE FROM customer WHERE id = 4");
    client.run(BACK);
    let left = "SELECT count(*) FROM customer WHERE phone = '+61402' || to_char(id, 'FM000000')";
    assert_eq!(client.number(left), 9);
}

#[test]
fn dropping_the_plain_text_in_the_middle_gives_it_up() {
    let database = SERVER.database();
    let mut client = SERVER.connect_as("postgres", &database);
    make_numbers(&mut client, 10);
    let state = column_state(&mut client, "customer");
    forge(&SERVER, &database, "customer", 4);
    client.refusal(BACK, &[]).says("22000", "1 values");
    client.run(DROP);
    client.run("DROP INDEX IF EXISTS phone_crypt_pending");
    assert_eq!(column_state(&mut client, "customer"), state);
    let jobs = "SELECT count(*) FROM phone_crypt.jobs WHERE state = 'running'";
    assert_eq!(client.number(jobs), 0);
    client.run("DELETE FROM customer WHERE id = 4");
    client.run(BACK);
}

#[test]
fn the_encrypted_column_may_stay() {
    let mut client = SERVER.session();
    make_numbers(&mut client, 5);
    client.run("CALL phone_decrypt_column('customer', 'phone', keep_encrypted => true)");
    let alike = "SELECT count(*) FROM customer WHERE phone_decrypt(phone_encrypted) = phone";
    assert_eq!(client.number(alike), 5);
    // It is not kept in step any more.
    client.run("INSERT INTO customer (id, phone) VALUES (6, '0402 000 006')");
    assert_eq!(
        client.number("SELECT count(phone_encrypted) FROM customer"),
        5
    );
}

#[test]
fn a_large_table_asks_for_its_indexes_first() {
    let (mut client, notices) = SERVER.connect_noting("postgres", &SERVER.database());
    client.run(
        "CREATE TABLE customer (id int PRIMARY KEY, phone encrypted_phone UNIQUE, filling text STORAGE PLAIN);
         INSERT INTO customer SELECT i, '+61402' || to_char(i, 'FM000000'), repeat('x', 7000)
           FROM generate_series(1, 2500) AS i",
    );
    client.run(BACK);
    assert_eq!(notices.with("make the indexes now").len(), 1);
    let statements = client.rows("SELECT * FROM phone_column_statements('customer', 'phone')");
    assert_eq!(statements.len(), 2, "{statements:?}");
    for statement in &statements {
        assert!(statement.contains("CONCURRENTLY"), "{statement}");
        client.run(statement);
    }
    client.run(BACK);
    let left = "SELECT count(*) FROM customer WHERE phone = '+61402' || to_char(id, 'FM000000')";
    assert_eq!(client.number(left), 2500);
    let indexes = "SELECT indexname FROM pg_indexes WHERE tablename = 'customer' ORDER BY 1";
    assert_eq!(
        client.rows(indexes),
        ["customer_phone_key", "customer_pkey"]
    );
}

#[test]
fn only_who_may_decrypt_may() {
    let (_, mut superuser, mut owner) = with_owner(&SERVER);
    make_numbers(&mut owner, 3);
    let name = owner.rows("SELECT current_user").remove(0);
    superuser.run(&format!(
        "SELECT phone_crypt_revoke('{name}', 'reader');
         REVOKE EXECUTE ON FUNCTION phone_decrypt(encrypted_phone) FROM {name}"
    ));
    let before = column_state(&mut owner, "customer");
    owner.refusal(BACK, &[]).says("42501", "plain text");
    assert_eq!(column_state(&mut owner, "customer"), before);
    superuser.run(&format!("SELECT phone_crypt_grant('{name}', 'reader')"));
    owner.run(BACK);
}

#[test]
fn what_hangs_on_the_column_is_named_first() {
    let mut client = SERVER.session();
    make_numbers(&mut client, 3);
    for (make, name, remove) in [
        (
            "ALTER TABLE customer ADD CONSTRAINT numbers_only CHECK (phone_require_number(phone))",
            "numbers_only",
            "ALTER TABLE customer DROP CONSTRAINT numbers_only",
        ),
        (
            "CREATE VIEW numbers AS SELECT phone FROM customer",
            "view public.numbers",
            "DROP VIEW numbers",
        ),
        (
            "SELECT phone_column_policy('customer', 'phone', 'null')",
            "security label",
            "SECURITY LABEL FOR phone_crypt ON COLUMN customer.phone IS NULL",
        ),
    ] {
        client.run(make);
        let before = column_state(&mut client, "customer");
        let refusal = client.refusal(BACK, &[]);
        refusal.says("2BP01", "phone");
        assert!(refusal.everything.contains(name), "{refusal:?}");
        assert_eq!(column_state(&mut client, "customer"), before);
        client.run(remove);
    }
    client.run(BACK);
}

/// Stopped right after the swap, it goes on: the table is as it was.
#[test]
fn not_null_comes_back_also_after_a_stop() {
    let mut client = SERVER.session();
    client.run("CREATE TABLE customer (id int PRIMARY KEY, phone text NOT NULL); INSERT INTO customer VALUES (1, '0401 148 075')");
    let state = column_state(&mut client, "customer");
    client.run(ENCRYPT);
    client.run(
        "CREATE FUNCTION stop() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN
             IF EXISTS (SELECT FROM pg_catalog.pg_attribute WHERE attrelid = 'public.customer'::pg_catalog.regclass
                           AND attname = 'phone' AND atttypid = 'text'::pg_catalog.regtype) THEN
                 RAISE 'stopped here' USING ERRCODE = 'P0123';
             END IF;
         END $$;
         CREATE EVENT TRIGGER stop ON ddl_command_start WHEN TAG IN ('ALTER TABLE') EXECUTE FUNCTION stop()",
    );
    assert_eq!(client.refusal(BACK, &[]).sqlstate, "P0123");
    client.run("DROP EVENT TRIGGER stop");
    client.run(BACK);
    assert_eq!(column_state(&mut client, "customer"), state);
}
