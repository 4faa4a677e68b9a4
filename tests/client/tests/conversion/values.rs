//! A column of values of `phone_encrypt` becomes one of the data type: nothing of it is lost, and nothing is read that is
//! not what the caller says it is.

use phone_crypt_client_tests::Sql;
use phone_crypt_client_tests::samples::{AU_UNDER_K2, K1, K2};
use postgres::Client;

use crate::shared::{CONVERT, DROP, SERVER, is_encrypted, state_of_conversion, table_state};

const BACK: &str = "CALL phone_decrypt_column('customer', 'phone')";
const CONTEXTS: [&str; 3] = ["", "shop", "shop.phone\u{1f}é 'x'"];

fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// A table of so many values under a context, and one more of text that is no number. Its column `truth` says what they
/// hold.
fn make_table(client: &mut Client, context: &str, rows: u32) {
    let context = literal(context);
    client.run(&format!(
        "CREATE TABLE customer (id int PRIMARY KEY, phone text CONSTRAINT must NOT NULL CONSTRAINT one_each UNIQUE, truth text NOT NULL);
         CREATE INDEX by_truth ON customer (truth, phone DESC);
         COMMENT ON COLUMN customer.phone IS 'where to call';
         INSERT INTO customer SELECT i, phone_encrypt(number, {context}), number
           FROM generate_series(1, {rows}) AS i, concat('+61401', to_char(i, 'FM000000')) AS number;
         INSERT INTO customer VALUES (9000, phone_encrypt_raw('ask for Bob', {context}), 'ask for Bob')"
    ));
}

fn call(arguments: &str) -> String {
    format!("CALL phone_encrypt_column('customer', 'phone'{arguments})")
}

/// How many rows do not say, show or find what they held.
const WRONG: &str =
    "SELECT count(*) FROM customer WHERE phone_decrypt(phone) IS DISTINCT FROM truth AND phone_is_number(phone)
         OR phone_show(phone) IS DISTINCT FROM truth OR NOT phone = truth";

fn as_of_text(state: Vec<String>) -> Vec<String> {
    let lines = state.into_iter();
    lines
        .map(|line| line.replace("|encrypted_phone|", "|text|"))
        .collect()
}

#[test]
fn everything_is_carried_and_comes_back() {
    for context in CONTEXTS {
        for keep_original in ["", ", keep_original => true"] {
            let mut client = SERVER.session();
            make_table(&mut client, context, 40);
            let before = table_state(&mut client, "customer");
            let convert = call(&format!(
                ", batch_size => 10, context => {}{keep_original}",
                literal(context)
            ));
            client.run(&convert);
            assert!(is_encrypted(&mut client, "customer", "phone"));
            assert_eq!(client.number(WRONG), 0, "{context:?}");
            let kept = format!(
                "SELECT count(*) FROM customer
                  WHERE id < 9000 AND phone_decrypt(phone_plain, {}) = truth",
                literal(context)
            );
            assert_eq!(client.number(&kept), 40);
            // Once more is no mistake.
            client.run(&convert);
            // The values are not plain text: the way back would not know what to do with them.
            let state = table_state(&mut client, "customer");
            client
                .refusal(BACK, &[])
                .says("55000", "phone_plain")
                .hints("phone_drop_plaintext");
            assert_eq!(table_state(&mut client, "customer"), state);
            client.run(DROP);
            assert_eq!(as_of_text(table_state(&mut client, "customer")), before);
            assert_eq!(client.number(WRONG), 0);
            client.run(BACK);
            assert_eq!(table_state(&mut client, "customer"), before);
            let plain = "SELECT count(*) FROM customer WHERE phone = truth";
            assert_eq!(client.number(plain), 41);
        }
    }
}

/// Another context, another key, another procedure, damage: whatever keeps one value from being read keeps all as it was.
#[test]
fn what_cannot_be_read_is_refused_before_anything_is_changed() {
    for (change, arguments, sqlstate, said) in [
        ("SELECT 1", "", "22000", "41 values"),
        ("SELECT 1", ", context => 'other'", "22000", "41 values"),
        ("SELECT 1", ", context => 'shop '", "22000", "41 values"),
        (
            "UPDATE customer SET phone = phone_encrypt('0401 148 075', 'other') WHERE id = 5",
            ", context => 'shop'",
            "22000",
            "1 values",
        ),
        (
            "UPDATE customer SET phone = left(phone, -1) || translate(right(phone, 1), '0123456789abcdef', '1032547698badcfe') WHERE id = 5",
            ", context => 'shop'",
            "22000",
            "1 values",
        ),
        (
            "UPDATE customer SET phone = left(phone, 40) WHERE id < 3",
            ", context => 'shop'",
            "22000",
            "2 values",
        ),
        (
            "UPDATE customer SET phone = phone_value('0401 148 075'::encrypted_phone) WHERE id = 5",
            ", context => 'shop'",
            "22000",
            "1 values",
        ),
        ("SELECT 1", ", context => NULL", "22004", "must not be NULL"),
    ] {
        let mut client = SERVER.session();
        make_table(&mut client, "shop", 40);
        client.run(change);
        let before = table_state(&mut client, "customer");
        for dry_run in ["", ", dry_run => true"] {
            if !dry_run.is_empty() && sqlstate == "22000" {
                // It counts them.
                client.run(&call(&format!("{arguments}{dry_run}")));
                continue;
            }
            client
                .refusal(&call(&format!("{arguments}{dry_run}")), &[])
                .says(sqlstate, said)
                .hides("148")
                .hides("+6140");
        }
        assert_eq!(table_state(&mut client, "customer"), before, "{change}");
        let pinned = client.number("SELECT count(*) FROM phone_crypt.pinned_keys");
        assert_eq!(pinned, 0, "{change}");
    }
}

/// A value under a key that the session has not is not taken for a damaged one.
#[test]
fn a_key_that_is_not_there_is_named() {
    let mut client = SERVER.session();
    client.run(&format!(
        "CREATE TABLE customer (phone text); INSERT INTO customer VALUES ('{AU_UNDER_K2}')"
    ));
    let before = table_state(&mut client, "customer");
    client
        .refusal(CONVERT, &[])
        .says("55000", "3a4e3936")
        .hides("1148075");
    assert_eq!(table_state(&mut client, "customer"), before);
    client.set("encryption_key", K1);
    client.set("previous_keys", K2);
    client.run(CONVERT);
    let found = "SELECT count(*) FROM customer WHERE phone = '0401 148 075'";
    assert_eq!(client.number(found), 1);
}

/// Some of the rows may have been pasted in by somebody who wants to see them read.
#[test]
fn a_column_of_both_is_not_read() {
    for (texts, values) in [(40, 1), (1, 40), (20, 20)] {
        for arguments in ["", ", context => 'shop'", ", duplicates => 'text'"] {
            let mut client = SERVER.session();
            make_table(&mut client, "shop", values);
            client.run(&format!(
                "DELETE FROM customer WHERE id = 9000;
                 INSERT INTO customer SELECT 1000 + i, '0402 ' || i, 'x' FROM generate_series(1, {texts}) AS i"
            ));
            let before = table_state(&mut client, "customer");
            let refusal = client.refusal(&call(arguments), &[]);
            match arguments.contains("context") {
                true => refusal.says("22023", "does not hold values"),
                false => refusal.says("55000", &format!("{values} rows")),
            };
            assert_eq!(table_state(&mut client, "customer"), before);
        }
    }
    let mut client = SERVER.session();
    client.run("CREATE TABLE customer (phone text); INSERT INTO customer VALUES ('0401 148 075')");
    client
        .refusal(&call(", context => 'shop'"), &[])
        .says("22023", "does not hold values");
}

#[test]
fn numbers_that_repeat() {
    let mut client = SERVER.session();
    make_table(&mut client, "", 40);
    client.run("INSERT INTO customer SELECT 500 + id, phone_encrypt(truth), truth FROM customer WHERE id <= 3");
    client
        .refusal(&call(""), &[])
        .says("23505", "23505")
        .hides("+6140");
    assert!(!is_encrypted(&mut client, "customer", "phone"));
    // The application goes on meanwhile.
    client.run("UPDATE customer SET truth = truth; INSERT INTO customer VALUES (7000, phone_encrypt('+61402000001'), '+61402000001')");
    client
        .refusal(&call(", keep_original => true, duplicates => 'text'"), &[])
        .says("22023", "another keep_original");
    client.run(&call(", duplicates => 'text'"));
    let shown = "SELECT count(*) FROM customer WHERE phone_show(phone) = truth";
    assert_eq!(client.number(shown), 45);
    let found = "SELECT count(*) FROM customer WHERE phone = '+61401000002'";
    assert_eq!(client.number(found), 1);
    let details = "SELECT details ->> 'repeated_kept_as_text' FROM phone_crypt.jobs";
    assert_eq!(client.rows(details), ["3"]);
    client.run(DROP);
    assert_eq!(client.number(shown), 45);
}

#[test]
fn a_dry_run_counts_what_a_run_does() {
    let database = SERVER.database();
    let (mut client, notices) = SERVER.connect_noting("postgres", &database);
    make_table(&mut client, "shop", 40);
    let before = table_state(&mut client, "customer");
    client.run(&call(", context => 'shop', dry_run => true"));
    assert_eq!(table_state(&mut client, "customer"), before);
    client.run(&call(", context => 'shop'"));
    let counts = "encrypted 40, kept as text 1";
    for said in [format!("dry run: {counts}"), format!(" s: {counts}")] {
        assert_eq!(notices.with(&said).len(), 1, "{said}: {:?}", notices.all());
    }
}

#[test]
fn a_large_table_waits_for_its_indexes() {
    let mut client = SERVER.session();
    make_table(&mut client, "shop", 2600);
    // Wide rows, so that few of them make a large table.
    client.run(
        "ALTER TABLE customer ADD filler text; ALTER TABLE customer ALTER filler SET STORAGE plain;
         UPDATE customer SET filler = repeat('x', 6500); ALTER TABLE customer DROP filler",
    );
    let convert = call(", context => 'shop'");
    client.run(&convert);
    assert_eq!(state_of_conversion(&mut client), "prepared");
    let statements = client.rows("SELECT phone_column_statements('customer', 'phone')");
    assert_eq!(statements.len(), 3, "{statements:?}");
    for statement in &statements {
        assert!(statement.contains(" CONCURRENTLY "), "{statement}");
        client.run(statement);
    }
    client.run(&convert);
    assert_eq!(client.number(WRONG), 0);
    let pending = "SELECT count(*) FROM pg_class WHERE relname LIKE 'phone_crypt_pending%'";
    assert_eq!(client.number(pending), 0);
}

/// Stopped right after the swap, it goes on: the column is NOT NULL again.
#[test]
fn not_null_comes_back_also_after_a_stop() {
    for renames in [false, true] {
        let mut client = SERVER.session();
        make_table(&mut client, "", 40);
        let before = table_state(&mut client, "customer");
        client.run(
            "CREATE FUNCTION stop() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN
                 IF EXISTS (SELECT FROM pg_catalog.pg_attribute WHERE attrelid = 'public.customer'::pg_catalog.regclass
                               AND attname = 'phone' AND atttypid = 'public.encrypted_phone'::pg_catalog.regtype)
                    AND NOT EXISTS (SELECT FROM phone_crypt.jobs WHERE state = 'running') THEN
                     RAISE 'stopped here' USING ERRCODE = 'P0123';
                 END IF;
             END $$;
             CREATE EVENT TRIGGER stop ON ddl_command_start WHEN TAG IN ('ALTER TABLE') EXECUTE FUNCTION stop()",
        );
        assert_eq!(client.refusal(CONVERT, &[]).sqlstate, "P0123");
        client.run("DROP EVENT TRIGGER stop");
        assert!(is_encrypted(&mut client, "customer", "phone"));
        let null = "INSERT INTO customer VALUES (8000, NULL, 'x')";
        assert_eq!(client.refusal(null, &[]).sqlstate, "23514");
        let column = match renames {
            true => {
                client.run("ALTER TABLE customer RENAME phone TO number");
                "number"
            }
            false => "phone",
        };
        client.run(&format!(
            "CALL phone_encrypt_column('customer', '{column}')"
        ));
        client.run(&format!(
            "CALL phone_drop_plaintext('customer', '{column}')"
        ));
        if renames {
            client.run("ALTER TABLE customer RENAME number TO phone");
        }
        assert_eq!(as_of_text(table_state(&mut client, "customer")), before);
        assert_eq!(client.number(WRONG), 0);
    }
}
