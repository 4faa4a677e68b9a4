//! Values stay what they are, and are found under the new key alone.

use phone_crypt_client_tests::Sql;
use phone_crypt_client_tests::samples::{K1, K1_ID, K2, K2_ID, K3};

use crate::shared::{ROTATE, SERVER, before_rotation, check_nothing_left, hash_key, hash_keys_of};

#[test]
fn columns_of_addresses_go_along() {
    let (database, mut client) = before_rotation(&SERVER);
    client.run(
        "CREATE TABLE customer (id int PRIMARY KEY, phone encrypted_phone UNIQUE, email encrypted_email UNIQUE NOT NULL
                                CHECK (email_is_address(email) OR id > 2));
         INSERT INTO customer VALUES (1, '0401 148 075', 'Ann@EXAMPLE.com'), (2, NULL, 'bob@example.com'), (3, NULL, 'ask Ann')",
    );
    let what = "SELECT id, phone_decrypt(phone), email_decrypt(email), email_is_address(email), email_verify(email)
                  FROM customer ORDER BY id";
    let before = client.rows(what);
    client.run(ROTATE);
    assert_eq!(client.rows(what), before);
    let keys = "SELECT email_hash_key_id(email), count(*) FROM customer GROUP BY 1";
    assert_eq!(client.rows(keys), [format!("{K2_ID}|3")]);
    check_nothing_left(&mut client);
    let find = "SELECT id FROM customer WHERE email = 'Ann@Example.com'";
    assert_eq!(client.rows(find), ["1"]);
    let again = client.refusal(
        "INSERT INTO customer (id, email) VALUES (4, 'bob@EXAMPLE.com')",
        &[],
    );
    assert_eq!(again.sqlstate, "23505");
    let check = client.refusal("UPDATE customer SET email = 'ask Bob' WHERE id = 2", &[]);
    assert_eq!(check.sqlstate, "23514");
    let mut without = SERVER.connect_as("postgres", &database);
    without.set("encryption_key", K2);
    without.set("previous_keys", K3);
    assert_eq!(without.rows(what), before);
    assert_eq!(without.rows(find), ["1"]);
}

#[test]
fn every_kind_of_value_stays_what_it_is() {
    let (database, mut client) = before_rotation(&SERVER);
    client.run(
        "CREATE TABLE customer (id int PRIMARY KEY, phone encrypted_phone UNIQUE);
         INSERT INTO customer VALUES (1, '0401 148 075'), (2, '+61 401 148 076 ext 12'), (3, 'ask for Bob'), (4, ''),
                                     (5, NULL), (6, 'Ελένη, στο γραφείο'), (7, '+61401148077');
         CREATE TABLE guest (phone encrypted_phone NOT NULL, id int);
         CREATE INDEX ON guest (phone, id);
         INSERT INTO guest VALUES ('0401 148 075', 1), ('0401 148 075', 2)",
    );
    let what = "SELECT id, phone_decrypt(phone), phone_original(phone), phone_extension(phone), phone_is_number(phone),
                       phone_verify(phone) FROM customer ORDER BY id";
    let before = client.rows(what);
    assert_eq!(
        hash_keys_of(&mut client, "customer"),
        [format!("{K1_ID}|6")]
    );
    client.run(ROTATE);
    assert_eq!(client.rows(what), before);
    for (table, rows) in [("customer", 6), ("guest", 2)] {
        assert_eq!(
            hash_keys_of(&mut client, table),
            [format!("{K2_ID}|{rows}")]
        );
    }
    assert_eq!(hash_key(&mut client), K2_ID);
    for (sql, ids) in [
        ("SELECT id FROM customer WHERE phone = '0401148076'", "2"),
        ("SELECT id FROM customer WHERE phone = 'ask for Bob'", "3"),
        (
            "SELECT string_agg(g.id::text, ',' ORDER BY g.id) FROM customer AS c JOIN guest AS g USING (phone)",
            "1,2",
        ),
    ] {
        assert_eq!(client.rows(sql), [ids], "{sql}");
    }
    check_nothing_left(&mut client);
    // Without the old key.
    let mut without = SERVER.connect_as("postgres", &database);
    without.set("encryption_key", K2);
    without.set("previous_keys", K3);
    assert_eq!(without.rows(what), before);
    assert_eq!(
        without.rows("SELECT id FROM customer WHERE phone = '0401148075'"),
        ["1"]
    );
    // Once more there is nothing to do.
    let rows = client.rows("SELECT ctid, xmin, phone FROM customer ORDER BY id");
    client.run(ROTATE);
    assert_eq!(
        client.rows("SELECT ctid, xmin, phone FROM customer ORDER BY id"),
        rows
    );
    // And back.
    client.run(&format!("CALL phone_rotate_hash_key('{K2_ID}')"));
    client.run(&format!("SELECT phone_crypt_pin_keys('{K1_ID}')"));
    client.run(&format!("CALL phone_rotate_hash_key('{K1_ID}')"));
    assert_eq!(client.rows(what), before);
    assert_eq!(
        hash_keys_of(&mut client, "customer"),
        [format!("{K1_ID}|6")]
    );
    check_nothing_left(&mut client);
}

/// A session that hashes under a key of its own choice is refused, not answered wrongly.
#[test]
fn a_setting_that_names_the_old_key_is_refused_afterwards() {
    let (database, mut client) = before_rotation(&SERVER);
    client.run("CREATE TABLE customer (phone encrypted_phone); INSERT INTO customer VALUES ('0401 148 075')");
    let mut other = SERVER.connect_as("postgres", &database);
    other.set("hash_key_id", K1_ID);
    let find = "SELECT count(*)::text FROM customer WHERE phone = '0401 148 075'";
    assert_eq!(other.rows(find), ["1"]);
    client.run(ROTATE);
    let refusal = other.try_rows(find).unwrap_err();
    refusal.says("55000", "pinned to hash key");
    other.set("hash_key_id", "");
    assert_eq!(other.rows(find), ["1"]);
}

/// As a backup of earlier times, or a partition that was detached over a rotation, may leave them.
#[test]
fn values_under_a_former_hash_key_are_mended_with_one_call() {
    let (_, mut client) = before_rotation(&SERVER);
    client.run(
        "CREATE TABLE customer (id int PRIMARY KEY, phone encrypted_phone UNIQUE);
         CREATE TABLE guest (id int, phone encrypted_phone);
         INSERT INTO guest VALUES (1, '0401 148 075');
         CREATE TABLE old AS SELECT phone_value(phone) AS v FROM guest",
    );
    client.run(ROTATE);
    let stale = format!("INSERT INTO customer SELECT 1, phone_from_value(v, '{K1_ID}') FROM old");
    client.run(&stale);
    client.run("INSERT INTO customer VALUES (2, '0401 148 076')");
    let find = "SELECT id FROM customer WHERE phone = '0401 148 075'";
    assert_eq!(client.rows(find).len(), 0);
    let hint = "CALL phone_rotate_column('customer', 'phone', rotate_hash => true)";
    client
        .refusal(hint, &[])
        .says("0A000", "all at once")
        .hints("phone_rotate_hash_key");
    let untouched = client.rows("SELECT ctid, phone FROM guest");
    client.run(ROTATE);
    assert_eq!(client.rows(find), ["1"]);
    assert_eq!(
        hash_keys_of(&mut client, "customer"),
        [format!("{K2_ID}|2")]
    );
    assert_eq!(client.rows("SELECT ctid, phone FROM guest"), untouched);
    client.run(hint);
    check_nothing_left(&mut client);
    // The number that is there already, under the other key: said, and nothing is changed.
    client.run("DROP TABLE guest");
    client.run(&stale.replace("SELECT 1", "SELECT 3"));
    client
        .refusal(ROTATE, &[])
        .says("23505", "stopped")
        .hides("0401");
    client.run("DELETE FROM customer WHERE id = 3");
    client.run(ROTATE);
    check_nothing_left(&mut client);
}

/// What goes by the hash of a phone goes on.
#[test]
fn blocks_and_lists_by_phone_follow() {
    let (_, mut client) = before_rotation(&SERVER);
    client.run(
        "CREATE TABLE customer (phone encrypted_phone);
         INSERT INTO customer VALUES ('0401 148 075');
         SELECT ratelimit_list_phone('deny', '0401 148 075'), ratelimit_block_phone('0401 148 076', '1 hour')",
    );
    let verdicts = "SELECT reason FROM ratelimit_hit(phone_ratelimit_key('0401 148 075'), 5, '1 hour')
                    UNION ALL SELECT reason FROM ratelimit_hit(phone_ratelimit_key('0401 148 076'), 5, '1 hour')";
    assert_eq!(client.rows(verdicts), ["denylist", "blocked"]);
    client.run(ROTATE);
    assert_eq!(client.rows(verdicts), ["denylist", "blocked"]);
    let by_value =
        "SELECT reason FROM customer, ratelimit_hit(phone_ratelimit_key(phone), 5, '1 hour')";
    assert_eq!(client.rows(by_value), ["denylist"]);
}

/// Forgetting, policies and re-encryption go on while a column is on its way.
#[test]
fn a_number_is_forgotten_in_both_columns() {
    let (database, mut client) = before_rotation(&SERVER);
    client.run(
        "CREATE TABLE customer (id int PRIMARY KEY, phone encrypted_phone UNIQUE);
         INSERT INTO customer VALUES (1, '0401 148 075'), (2, '0401 148 076');
         SELECT phone_column_policy('customer', 'phone', 'null')",
    );
    let mut reader = SERVER.connect_as("postgres", &database);
    reader.run("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM pg_class");
    client.run("SET statement_timeout = '2s'");
    client.refusal(ROTATE, &[]).says("57014", "");
    client.run("RESET statement_timeout");
    let both = "SELECT id, phone_show(phone), phone_show(phone_rehashed), phone_hash_key_id(phone_rehashed)
                  FROM customer ORDER BY id";
    assert_eq!(
        client.rows(both),
        [
            format!("1|+61401148075|+61401148075|{K2_ID}"),
            format!("2|+61401148076|+61401148076|{K2_ID}")
        ]
    );
    assert_eq!(
        client.rows("SELECT relation, column_name FROM phone_crypt.encrypted_columns"),
        ["customer|phone"]
    );
    client.run("SELECT phone_forget('0401 148 075')");
    client.run("CALL phone_rotate_column('customer', 'phone')");
    assert_eq!(
        client.rows(both),
        [
            "1|||".to_owned(),
            format!("2|+61401148076|+61401148076|{K2_ID}")
        ]
    );
    reader.run("COMMIT");
    // What is set by hand is put right.
    client.run("UPDATE customer SET phone_rehashed = '0401 148 079'; UPDATE customer SET phone_rehashed = NULL");
    client.run(ROTATE);
    assert_eq!(
        client.rows("SELECT id, phone_show(phone) FROM customer ORDER BY id"),
        ["1|", "2|+61401148076"]
    );
    assert_eq!(
        client.rows("SELECT on_forget FROM phone_crypt.encrypted_columns"),
        ["null"]
    );
    check_nothing_left(&mut client);
}

/// A damaged value is no reason to stop: nobody can read it under any key.
#[test]
fn damaged_values_are_left_and_counted() {
    let (database, mut client) = before_rotation(&SERVER);
    client.run(
        "CREATE TABLE customer (id int PRIMARY KEY, phone encrypted_phone UNIQUE, visits int DEFAULT 0);
         INSERT INTO customer VALUES (1, '0401 148 075'), (2, '0401 148 076')",
    );
    let values = "SELECT phone_value(phone) FROM customer WHERE id = 2";
    let value = client.rows(values).concat();
    let flipped = if value.ends_with('0') { "1" } else { "0" };
    let damaged = format!("{}{flipped}", &value[..value.len() - 1]);
    // Where the keys are not at hand the value is taken as it is.
    let mut elsewhere = SERVER.connect_as("postgres", &database);
    elsewhere.set(
        "encryption_key",
        "a key of another server, with which nothing here was written",
    );
    elsewhere.set("previous_keys", "");
    elsewhere.run(&format!(
        "UPDATE customer SET phone = phone_from_value('{damaged}', '{K1_ID}') WHERE id = 2"
    ));
    let before = client.rows("SELECT phone FROM customer WHERE id = 2");
    let (mut client, notices) = SERVER.connect_noting("postgres", &database);
    client.run(ROTATE);
    assert_eq!(
        client.rows("SELECT phone FROM customer WHERE id = 2"),
        before
    );
    assert_eq!(notices.with("1 values of table").len(), 1);
    assert_eq!(
        client.rows("SELECT id FROM customer WHERE phone = '0401 148 075'"),
        ["1"]
    );
    check_nothing_left(&mut client);
    // A value whose key is missing may be what the key is needed for.
    let mut other = SERVER.connect_as("postgres", &database);
    other.run("DELETE FROM customer WHERE id = 2; DELETE FROM phone_crypt.pinned_keys");
    other.set(
        "encryption_key",
        "a key that the server does not have any more, or never had",
    );
    other.set("previous_keys", &format!("{K1},{K2},{K3}"));
    other.set("hash_key_id", K2_ID);
    other.run("INSERT INTO customer (id, phone) VALUES (3, '0401 148 079')");
    client.run(&format!(
        "SELECT phone_crypt_pin_keys('{K1_ID}'); SELECT phone_hash_key_id(phone) FROM customer"
    ));
    client
        .refusal("CALL phone_rotate_hash_key('a915ee2b')", &[])
        .says("55000", "keys that are not configured");
}
