//! A column of the legacy web application's values becomes one of the data type.

use phone_crypt_client_tests::Sql;
use phone_crypt_client_tests::samples::{AU_LEGACY_CBC_UNDER_K1, AU_UNDER_K1, K1, K1_ID};
use postgres::Client;

use crate::shared::{DROP, SERVER, is_encrypted, table_state};

/// A table of so many values, made by pgcrypto: numbers, numbers with `+1` before a national one, text, an empty string,
/// a value of `phone_encrypt`, and plain text. `truth` says what becomes of each.
fn make_table(client: &mut Client, rows: u32) {
    client.run(&format!(
        "CREATE EXTENSION pgcrypto;
         CREATE FUNCTION legacy(text) RETURNS text LANGUAGE sql AS
             $$ SELECT encode(iv, 'hex') || ':' || encode(encrypt_iv(convert_to($1, 'UTF8'), '\\x{K1}', iv, 'aes-cbc'), 'hex')
                  FROM decode(md5('iv ' || $1), 'hex') AS iv $$;
         CREATE TABLE customer (id int PRIMARY KEY, phone text NOT NULL UNIQUE, truth text NOT NULL);
         INSERT INTO customer SELECT i, legacy(number), number
           FROM generate_series(1, {rows}) AS i, concat('+61401', to_char(i, 'FM000000')) AS number;
         INSERT INTO customer VALUES
             (9001, legacy('+10402000001'), '+61402000001'), (9002, legacy('+10402000002'), '+61402000002'),
             (9003, legacy('ask for Bob'), 'ask for Bob'), (9004, legacy('+107'), '+107'),
             (9005, '{AU_UNDER_K1}', '+61401148075'), (9006, '0402 000 006', '+61402000006'), (9007, 'nobody', 'nobody')"
    ));
}

const IMPORT: &str =
    "CALL phone_import_legacy_column('customer', 'phone', 'cbc', batch_size => 10)";
const WRONG: &str = "SELECT count(*) FROM customer WHERE phone_show(phone) IS DISTINCT FROM truth OR NOT phone = truth";
const COUNTS: &str = "encrypted 42, kept as text 3, repaired 2";

#[test]
fn numbers_are_repaired_and_nothing_is_lost() {
    let database = SERVER.database();
    let (mut client, notices) = SERVER.connect_noting("postgres", &database);
    make_table(&mut client, 40);
    let before = table_state(&mut client, "customer");
    client.run(&IMPORT.replace(')', ", dry_run => true)"));
    assert_eq!(table_state(&mut client, "customer"), before);
    client.run(IMPORT);
    for said in [format!("dry run: {COUNTS}"), format!(" s: {COUNTS}")] {
        assert_eq!(notices.with(&said).len(), 1, "{said}: {:?}", notices.all());
    }
    assert!(is_encrypted(&mut client, "customer", "phone"));
    assert_eq!(client.number(WRONG), 0);
    let kept = "SELECT count(phone_plain) FROM customer WHERE phone_plain ~ ':'";
    assert_eq!(client.number(kept), 45);
    client.run(DROP);
    let after: Vec<_> = table_state(&mut client, "customer")
        .into_iter()
        .map(|line| line.replace("|encrypted_phone|", "|text|"))
        .collect();
    assert_eq!(after, before);
    client.run("CALL phone_decrypt_column('customer', 'phone')");
    let plain =
        "SELECT count(*) FROM customer WHERE coalesce(phone_try_normalize(phone), phone) = truth";
    assert_eq!(client.number(plain), 47);
}

/// What the legacy application wrote, to the letter.
#[test]
fn what_was_written_is_kept_where_that_is_asked_for() {
    let mut client = SERVER.session();
    make_table(&mut client, 10);
    client.run("INSERT INTO customer VALUES (9010, legacy('0402 000 010'), '+61402000010')");
    client.run(&IMPORT.replace(')', ", keep_original => true)"));
    assert_eq!(
        client.number("SELECT count(*) FROM customer WHERE NOT phone = truth"),
        0
    );
    client.run(DROP);
    client.run("CALL phone_decrypt_column('customer', 'phone')");
    let written = "SELECT phone FROM customer WHERE id IN (9006, 9010) ORDER BY id";
    assert_eq!(client.rows(written), ["0402 000 006", "0402 000 010"]);
}

#[test]
fn what_cannot_be_read_is_refused_before_anything_is_changed() {
    let mut client = SERVER.session();
    make_table(&mut client, 10);
    let before = table_state(&mut client, "customer");
    for (arguments, sqlstate, said) in [
        ("'cbc-pbkdf2'", "22000", "values"),
        ("'node-evp'", "22000", "values"),
        ("'rot13'", "22023", "scheme"),
        ("NULL", "22004", "scheme"),
        ("'cbc', key_id => '00000000'", "55000", "00000000"),
        ("'cbc', key_id => 'nonsense'", "22023", ""),
        ("'cbc', key_id => ''", "22023", ""),
        ("'cbc', regions => 'ZZ'", "22023", "ZZ"),
        ("'cbc', regions => 'AU US'", "22023", ""),
        ("'cbc', duplicates => 'both'", "22023", "duplicates"),
    ] {
        let call = format!("CALL phone_import_legacy_column('customer', 'phone', {arguments})");
        let refusal = client.refusal(&call, &[]);
        refusal.says(sqlstate, said).hides("+6140").hides("Bob");
        assert_eq!(table_state(&mut client, "customer"), before, "{call}");
    }
    client.run("UPDATE customer SET phone = left(phone, -2) WHERE id = 3");
    client.refusal(IMPORT, &[]).says("22000", "1 values");
    assert_eq!(table_state(&mut client, "customer"), before);
}

/// A conversion is gone on with as what it was begun as: else one half would be read in one way, and the other in another.
#[test]
fn a_run_is_gone_on_with_as_it_was_begun() {
    let mut client = SERVER.session();
    make_table(&mut client, 10);
    client.run("INSERT INTO customer VALUES (9011, legacy('0402 000 002'), 'x')");
    let with_all = format!(
        "CALL phone_import_legacy_column('customer', 'phone', 'cbc', '{K1_ID}', 'AU', keep_original => true)"
    );
    client.refusal(&with_all, &[]).says("23505", "23505");
    for other in [
        "CALL phone_encrypt_column('customer', 'phone', context => 'x')".to_owned(),
        IMPORT.to_owned(),
        with_all.replace(K1_ID, "3a4e3936"),
        with_all.replace("'AU'", "'AU,US'"),
        with_all.replace(", keep_original => true", ""),
    ] {
        let refusal = client.refusal(&other, &[]);
        assert!(
            ["22023", "55000"].contains(&refusal.sqlstate.as_str()),
            "{other}: {refusal:?}"
        );
        assert!(!is_encrypted(&mut client, "customer", "phone"));
    }
    client.run("DELETE FROM customer WHERE id = 9011");
    client.run(&with_all.replace("'AU'", "' AU '"));
    assert_eq!(
        client.number("SELECT count(*) FROM customer WHERE NOT phone = truth"),
        0
    );
}

/// In a table of one kind: what the application has not converted, and what it has.
#[test]
fn values_that_are_all_alike() {
    let mut client = SERVER.session();
    client.run(&format!(
        "CREATE TABLE customer (phone text);
         INSERT INTO customer SELECT '{AU_LEGACY_CBC_UNDER_K1}' FROM generate_series(1, 30)"
    ));
    client.run(IMPORT);
    let found = "SELECT count(*) FROM customer WHERE phone = '0401 148 075'";
    assert_eq!(client.number(found), 30);
}
