//! No plan outlives a change of the keys or regions that it was made from, and no transaction sees a column without its
//! numbers.

use phone_crypt_client_tests::samples::{K1_ID, K2_ID};
use phone_crypt_client_tests::{Sql, wait_until};
use std::thread;

use crate::shared::{SERVER, forge};

#[test]
fn literals_are_compared_under_the_present_hash_key() {
    let mut client = SERVER.session();
    client.run("CREATE TABLE customer (id int, phone encrypted_phone); INSERT INTO customer VALUES (1, '0401 148 075')");
    client.set("hash_key_id", K2_ID);
    client.run("INSERT INTO customer VALUES (2, '0401 148 075')");
    client.set("hash_key_id", K1_ID);
    client.run(
        "PREPARE literal AS SELECT id FROM customer WHERE phone = '0401 148 075';
         PREPARE any_of AS SELECT id FROM customer WHERE phone IN ('0401 148 075', '0401 148 076');
         PREPARE parameter (text) AS SELECT id FROM customer WHERE phone = $1;
         PREPARE to_insert AS INSERT INTO customer VALUES (3, '0401 148 077');
         CREATE FUNCTION in_plpgsql() RETURNS int LANGUAGE plpgsql AS
             $$ BEGIN RETURN (SELECT id FROM customer WHERE phone = '0401 148 075'); END $$;
         CREATE FUNCTION in_sql() RETURNS int LANGUAGE sql AS
             $$ SELECT id FROM customer WHERE phone = '0401 148 075' LIMIT 1 $$",
    );
    for (key, id) in [(K1_ID, "1"), (K2_ID, "2"), (K1_ID, "1")] {
        client.set("hash_key_id", key);
        for sql in [
            "EXECUTE literal",
            "EXECUTE any_of",
            "EXECUTE parameter ('0401 148 075')",
            "SELECT in_plpgsql()",
            "SELECT in_sql()",
        ] {
            // So often that a plan is kept.
            for _ in 0..7 {
                assert_eq!(client.rows(sql), [id], "{sql} under {key}");
            }
        }
        client.run("EXECUTE to_insert");
        let under = "SELECT phone_hash_key_id(phone) FROM customer WHERE id = 3";
        assert_eq!(client.rows(under), [key]);
        client.run("DELETE FROM customer WHERE id = 3");
    }
}

#[test]
fn literals_are_read_in_the_present_regions() {
    let mut client = SERVER.session();
    client.run(
        "CREATE TABLE customer (id int, phone encrypted_phone);
         INSERT INTO customer VALUES (1, '+61401148075'), (2, '+33401148075');
         PREPARE literal AS SELECT id FROM customer WHERE phone = '0401148075'",
    );
    for (regions, id) in [("AU", "1"), ("FR", "2"), ("AU,US", "1")] {
        client.set("default_regions", regions);
        for _ in 0..7 {
            assert_eq!(client.rows("EXECUTE literal"), [id], "{regions}");
        }
    }
}

const STATE: &str = "SELECT atttypid::regtype::text FROM pg_attribute
    WHERE attrelid = 'customer'::regclass AND attname = 'phone'";

/// A transaction that began before the rows were filled would see the column without them: the swap waits for it.
#[test]
fn a_swap_waits_for_transactions_that_see_what_was_before() {
    let database = SERVER.database();
    let mut client = SERVER.connect_as("postgres", &database);
    client.run("CREATE TABLE customer (id int PRIMARY KEY, phone text); INSERT INTO customer VALUES (1, '0401 148 075')");
    for (call, before, after) in [
        (
            "CALL phone_encrypt_column('customer', 'phone', keep_original => true)",
            "text",
            "encrypted_phone",
        ),
        ("CALL phone_drop_plaintext('customer', 'phone')", "", ""),
        (
            "CALL phone_decrypt_column('customer', 'phone')",
            "encrypted_phone",
            "text",
        ),
    ] {
        if after.is_empty() {
            client.run(call);
            continue;
        }
        let mut reader = SERVER.connect_as("postgres", &database);
        reader.run("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1");
        thread::scope(|scope| {
            let run = scope.spawn(|| client.run(call));
            let mut other = SERVER.connect_as("postgres", &database);
            wait_until("every row is filled", || {
                let filled =
                    "SELECT count(*) FROM phone_crypt.jobs WHERE state = 'running' AND done = 1";
                other.number(filled) == 1
            });
            thread::sleep(std::time::Duration::from_millis(300));
            assert_eq!(other.rows(STATE), [before]);
            assert_eq!(reader.rows("SELECT phone IS NULL FROM customer"), ["f"]);
            reader.run("COMMIT");
            run.join().unwrap();
        });
        assert_eq!(client.rows(STATE), [after]);
    }
}

/// The last rows are decrypted under the lock of the swap. A transaction that began a moment before sees them all the same.
#[test]
fn rows_that_are_decrypted_last_are_seen_by_who_began_before() {
    let database = SERVER.database();
    let mut client = SERVER.connect_as("postgres", &database);
    client.run(
        "CREATE TABLE customer (id int PRIMARY KEY, phone encrypted_phone);
         INSERT INTO customer VALUES (1, '0401 148 075'), (3, '0401 148 077')",
    );
    // It is stopped once, so that the swap is all that is left to change of the table.
    forge(&SERVER, &database, "customer", 3);
    let back = "CALL phone_decrypt_column('customer', 'phone')";
    client.refusal(back, &[]).says("22000", "1 values");
    client.run("DELETE FROM customer WHERE id = 3");
    // Keeps the swap from its lock, and sees nothing of before: between statements it has no snapshot.
    let mut holder = SERVER.connect_as("postgres", &database);
    holder.run("BEGIN; SELECT id FROM customer");
    let mut writer = SERVER.connect_as("postgres", &database);
    let mut reader = SERVER.connect_as("postgres", &database);
    let mut numbers = Vec::new();
    thread::scope(|scope| {
        let run = scope.spawn(|| client.run(back));
        wait_until("the swap asks for its lock", || {
            let waits = "SELECT count(*) FROM pg_locks WHERE relation = 'customer'::regclass
                            AND mode = 'AccessExclusiveLock' AND NOT granted";
            writer.number(waits) == 1
        });
        writer.run("INSERT INTO customer VALUES (2, '0401 148 076')");
        reader.run("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1");
        holder.run("COMMIT");
        // Either it waits for the reader, who sees the table as it was, or it is done and he sees what is new.
        thread::sleep(std::time::Duration::from_millis(700));
        numbers = reader.rows("SELECT id, phone IS NULL FROM customer ORDER BY id");
        reader.run("COMMIT");
        run.join().unwrap();
    });
    assert_eq!(numbers, ["1|f", "2|f"]);
    assert_eq!(
        client.rows("SELECT phone FROM customer ORDER BY id"),
        ["+61401148075", "+61401148076"]
    );
}
