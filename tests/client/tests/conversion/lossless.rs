//! Whatever text stands in the column is still there afterwards, letter by letter where it is no plain number.

use phone_crypt_client_tests::Sql;
use postgres::Client;

use crate::shared::{CONVERT, DROP, SERVER, is_encrypted};

/// Texts of every kind, and whether the number alone is what matters of them.
const TEXTS: &[(&str, bool)] = &[
    ("+61401000001", true),
    ("0401 000 002", true),
    ("(0401) 000-003", true),
    ("0401000004", true),
    ("+61 2 9374 4000 ext. 12", false),
    ("0401 000 005 x7", false),
    ("0401 000 006 or 0401 000 007", false),
    ("call 0401 000 008 after 6", false),
    ("ask for Bob", false),
    ("", false),
    ("-", false),
    ("000", false),
    ("12345678901234567890123456789012345678", false),
    ("4.01000009E8", false),
    ("Ελένη, στο γραφείο", false),
    ("📞 電話", false),
    ("%s '\"\\ ;--", false),
    ("tab\tand\nline", false),
    ("  leading", false),
    ("ep is no value", false),
    ("a'b''c", false),
];

/// The table with these texts, and a NULL.
fn new_table(client: &mut Client, of_type: &str) {
    client.run(&format!(
        "CREATE TABLE customer (id serial PRIMARY KEY, phone {of_type} UNIQUE)"
    ));
    for (text, _) in TEXTS {
        let insert = "INSERT INTO customer (phone) VALUES ($1::text)";
        client.execute(insert, &[text]).unwrap();
    }
    client.run("INSERT INTO customer (id, phone) VALUES (100, NULL)");
}

/// What the column says of each row, by this function.
fn said(client: &mut Client, function: &str) -> Vec<Option<String>> {
    let sql = format!("SELECT {function}(phone) FROM customer ORDER BY id");
    let rows = client.query(&sql, &[]).unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

/// Each row says what it did, and is found by it. Where only the number matters, that is what is kept.
fn check(client: &mut Client, numbers: &[Option<String>], keep_original: bool) {
    let originals = said(client, "phone_original");
    let shown = said(client, "phone_show");
    for (row, (text, is_number)) in TEXTS.iter().enumerate() {
        match *is_number && !keep_original {
            true => assert_eq!(shown[row], numbers[row], "row {row}"),
            false => assert_eq!(originals[row].as_deref(), Some(*text), "row {row}"),
        }
        let found = "SELECT id::text FROM customer WHERE phone = $1::text";
        assert_eq!(client.text(found, &[text]), (row + 1).to_string());
    }
    let nulls = "SELECT id FROM customer WHERE phone IS NULL";
    assert_eq!(client.rows(nulls), ["100"]);
}

/// Converts texts in a column of this type, and looks at what it says then, and without the plain text.
fn nothing_is_lost(of_type: &str, keep_original: bool) {
    let mut client = SERVER.session();
    new_table(&mut client, of_type);
    let numbers = said(&mut client, "phone_try_normalize");
    client.run(&format!(
        "CALL phone_encrypt_column('customer', 'phone', keep_original => {keep_original})"
    ));
    check(&mut client, &numbers, keep_original);
    client.run(DROP);
    check(&mut client, &numbers, keep_original);
}

#[test]
fn of_text() {
    nothing_is_lost("text", false);
}

#[test]
fn of_text_with_every_spelling() {
    nothing_is_lost("text", true);
}

#[test]
fn of_varchar() {
    nothing_is_lost("varchar(60)", false);
}

#[test]
fn of_char_with_every_spelling() {
    // A cast to text takes the padding away, as it did before.
    nothing_is_lost("char(50)", true);
}

#[test]
fn repeated_numbers_are_kept_as_text() {
    let mut client = SERVER.session();
    client.run(
        "CREATE TABLE customer (id int PRIMARY KEY, phone text UNIQUE);
         INSERT INTO customer VALUES (1, '0401 148 075'), (2, '+61401148075'), (3, '(0401) 148-075'), (4, '0401 148 076'),
                                     (5, 'ask for Bob'), (6, NULL)",
    );
    let refusal = client.refusal(CONVERT, &[]);
    refusal.says("23505", "2 rows").hides("148");
    client.run("CALL phone_encrypt_column('customer', 'phone', duplicates => 'text')");
    let numbers = "SELECT count(*) FROM customer WHERE phone_is_number(phone)";
    assert_eq!(client.number(numbers), 2);
    let found = "SELECT count(*) FROM customer WHERE phone = '0401148075'";
    assert_eq!(client.number(found), 1);
    let changed = "SELECT count(*) FROM customer
                    WHERE NOT phone_is_number(phone) AND phone_original(phone) <> phone_plain";
    assert_eq!(client.number(changed), 0);
    client.run(DROP);
    let same = "SELECT count(*) FROM customer
                 WHERE phone_try_normalize(phone_original(phone)) = '+61401148075'";
    assert_eq!(client.number(same), 3);
}

#[test]
fn names_of_every_kind_are_taken_as_they_are() {
    let mut client = SERVER.session();
    for (schema, table, column) in [
        ("an odd schema", "Table \"of\" 100%", "The 'phone' %I $1"),
        ("ünïcode", "電話帳", "電話番号電話番号電話番号電話番号電"),
        ("select", "user", "order"),
        ("\\back", "semi;colon", "new\nline --"),
    ] {
        let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
        let relation = format!("{}.{}", quoted(schema), quoted(table));
        let field = quoted(column);
        client.run(&format!(
            "CREATE SCHEMA {}; CREATE TABLE {relation} (id int PRIMARY KEY, {field} text NOT NULL UNIQUE);
             CREATE INDEX ON {relation} (id, {field} DESC);
             INSERT INTO {relation} VALUES (1, '0401 148 075'), (2, 'ask for Bob')",
            quoted(schema)
        ));
        let literal = |text: &str| text.replace('\'', "''");
        let arguments = format!("'{}', '{}'", literal(&relation), literal(column));
        for procedure in ["phone_encrypt_column", "phone_drop_plaintext"] {
            client.run(&format!("CALL {procedure}({arguments})"));
            let found = format!("SELECT id FROM {relation} WHERE {field} = '+61401148075'");
            assert_eq!(client.rows(&found), ["1"]);
        }
        assert!(is_encrypted(&mut client, &relation, column));
    }
}
