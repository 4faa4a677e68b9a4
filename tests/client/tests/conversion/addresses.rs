//! A column of e-mail addresses becomes one of encrypted_email, and comes back, by the same machine.

use phone_crypt_client_tests::Sql;
use postgres::Client;

use crate::shared::{SERVER, state_of_conversion, table_state};

const CONVERT: &str = "CALL phone_encrypt_column('account', 'email', type => 'encrypted_email')";
const DROP: &str = "CALL phone_drop_plaintext('account', 'email')";
const BACK: &str = "CALL phone_decrypt_column('account', 'email')";

/// Addresses, and text that is none; `truth` is what is shown of each.
fn make_table(client: &mut Client, email: &str) {
    client.run(&format!(
        "CREATE TABLE account (id int PRIMARY KEY, email text NOT NULL UNIQUE, truth text NOT NULL);
         CREATE INDEX by_truth ON account (truth, email);
         COMMENT ON COLUMN account.email IS 'where to write';
         INSERT INTO account SELECT i, {email}, truth
           FROM (SELECT i, concat('User', i, '@EXAMPLE.com') AS address, concat('User', i, '@example.com') AS truth
                   FROM generate_series(1, 60) AS i) AS a"
    ));
}

const WRONG: &str = "SELECT count(*) FROM account WHERE email_show(email) IS DISTINCT FROM truth OR NOT email = truth
                        OR NOT email_verify(email)";

fn of_type(client: &mut Client) -> String {
    let sql = "SELECT atttypid::regtype FROM pg_attribute WHERE attrelid = 'account'::regclass AND attname = 'email'";
    client.rows(sql).concat()
}

#[test]
fn it_is_carried_over_and_comes_back() {
    let mut client = SERVER.session();
    make_table(&mut client, "address");
    client.run("INSERT INTO account VALUES (100, 'ask Ann', 'ask Ann'), (101, '', ''), (102, 'j@bücher.example', 'j@xn--bcher-kva.example')");
    let before = table_state(&mut client, "account");
    client.run(&CONVERT.replace(")", ", batch_size => 10)"));
    assert_eq!(of_type(&mut client), "encrypted_email");
    assert_eq!(client.number(WRONG), 0);
    // While both are there, the application goes on.
    client.run(
        "INSERT INTO account (id, email, truth) VALUES (7, 'User7@Example.COM', '') ON CONFLICT (email) DO UPDATE SET truth = excluded.email_plain
            WHERE false;
         UPDATE account SET email = 'new@EXAMPLE.com', truth = 'new@example.com' WHERE email = 'User8@example.com'",
    );
    assert_eq!(client.number(WRONG), 0);
    let left = "SELECT count(*) FROM account WHERE email_plain IS NULL";
    assert_eq!(client.number(left), 1);
    client.run(CONVERT);
    client.run(DROP);
    let text = |state: Vec<String>| -> Vec<String> {
        let lines = state.into_iter();
        lines
            .map(|line| line.replace("|encrypted_email|", "|text|"))
            .collect()
    };
    let now = table_state(&mut client, "account");
    assert_eq!(text(now), before);
    client.run(BACK);
    assert_eq!(table_state(&mut client, "account"), before);
    let wrong = "SELECT count(*) FROM account WHERE email <> truth";
    assert_eq!(client.number(wrong), 0);
}

#[test]
fn values_of_email_encrypt_are_read_under_their_context() {
    let mut client = SERVER.session();
    make_table(&mut client, "email_encrypt(address, 'shop.email')");
    client.run(
        "INSERT INTO account VALUES (100, phone_encrypt_raw('ask Ann', 'shop.email'), 'ask Ann')",
    );
    let state = table_state(&mut client, "account");
    for other in ["", ", context => 'shop'"] {
        client
            .refusal(&CONVERT.replace(")", &format!("{other})")), &[])
            .says("22000", "cannot be read");
    }
    // As numbers they cannot be read either.
    let as_phones = "CALL phone_encrypt_column('account', 'email', context => 'shop.email')";
    client
        .refusal(as_phones, &[])
        .says("22000", "cannot be read");
    assert_eq!(table_state(&mut client, "account"), state);
    client.run(&CONVERT.replace(")", ", context => 'shop.email')"));
    assert_eq!(client.number(WRONG), 0);
    client.run(DROP);
    assert_eq!(client.number(WRONG), 0);
}

#[test]
fn what_makes_no_sense_is_refused_before_anything_is_changed() {
    let mut client = SERVER.session();
    make_table(&mut client, "address");
    let state = table_state(&mut client, "account");
    for (arguments, sqlstate, says) in [
        (
            "keep_original => true",
            "22023",
            "keep_original is for phone numbers",
        ),
        (
            "context => 'x'",
            "22023",
            "does not hold values of email_encrypt() alone",
        ),
    ] {
        client
            .refusal(&CONVERT.replace(")", &format!(", {arguments})")), &[])
            .says(sqlstate, says);
    }
    for (type_, sqlstate) in [("'text'", "22023"), ("''", "22023"), ("NULL", "22004")] {
        let call = CONVERT.replace("'encrypted_email'", type_);
        client.refusal(&call, &[]).says(sqlstate, "type");
    }
    client.run("CREATE ROLE sees_it; GRANT SELECT ON account TO sees_it; GRANT EXECUTE ON FUNCTION phone_encrypt, phone_hash(text, text, text) TO sees_it");
    client
        .refusal(CONVERT, &[])
        .says("42501", "plain e-mail addresses as encrypted_email");
    client.run("DROP OWNED BY sees_it; DROP ROLE sees_it");
    client.run("INSERT INTO account VALUES (200, 'User1@Example.COM', '')");
    client
        .refusal(CONVERT, &[])
        .says("23505", "repeat an address");
    client.run("DELETE FROM account WHERE id = 200");
    client.run("INSERT INTO account SELECT 200, 'x@example.com'::encrypted_email::text, ''");
    client
        .refusal(CONVERT, &[])
        .says("55000", "encrypted values");
    client.run("DELETE FROM account WHERE id = 200");
    assert_eq!(table_state(&mut client, "account"), state);
    client.run(CONVERT);
    // What it was asked for once, it stays.
    client.run("CALL phone_encrypt_column('account', 'email')");
    assert_eq!(of_type(&mut client), "encrypted_email");
}

#[test]
fn repeated_addresses_are_kept_as_text_where_that_is_asked_for() {
    let mut client = SERVER.session();
    make_table(&mut client, "address");
    client.run("INSERT INTO account VALUES (200, 'User1@Example.COM', 'User1@Example.COM')");
    client.run(&CONVERT.replace(")", ", duplicates => 'text')"));
    let texts = "SELECT id, email_show(email) FROM account WHERE NOT email_is_address(email)";
    assert_eq!(client.rows(texts).len(), 1);
    assert_eq!(
        client.rows("SELECT count(*) FROM account WHERE email = 'User1@example.com'"),
        ["1"]
    );
    client.run(DROP);
    client.run(BACK);
    assert_eq!(
        client.number("SELECT count(DISTINCT email) FROM account"),
        61
    );
    // Where the text is the other row's very spelling, the way back stops.
    client.run(
        "CREATE TABLE twice (id int PRIMARY KEY, email text UNIQUE);
         INSERT INTO twice VALUES (1, 'Ann@Example.com'), (2, 'Ann@example.com')",
    );
    client.run("CALL phone_encrypt_column('twice', 'email', type => 'encrypted_email', duplicates => 'text')");
    client.run("CALL phone_drop_plaintext('twice', 'email')");
    let back = "CALL phone_decrypt_column('twice', 'email')";
    let texts = "SELECT email_show(email) FROM twice WHERE NOT email_is_address(email)";
    assert_eq!(client.rows(texts), ["Ann@example.com"]);
    client
        .refusal(back, &[])
        .says("23505", "address")
        .hints("email_is_address");
}

#[test]
fn another_type_is_refused_on_the_way() {
    let mut client = SERVER.session();
    make_table(&mut client, "address");
    client.run("CALL phone_crypt.change_table('account', phone_crypt.prepare_sql('account', 'email', 'text', 'encrypted_email'), NULL)");
    assert_eq!(state_of_conversion(&mut client), "prepared");
    client
        .refusal("CALL phone_encrypt_column('account', 'email')", &[])
        .says("22023", "another type");
    client.run(CONVERT);
    assert_eq!(of_type(&mut client), "encrypted_email");
    assert_eq!(client.number(WRONG), 0);
}
