//! What people write into a column for phone numbers comes back as it was written, and a number in its own spelling at
//! least as the number.

use phone_crypt_client_tests::{Sql, wait_until};
use postgres::Client;
use std::thread;

use crate::shared::{CONVERT, DROP, SERVER, is_encrypted, state_of_conversion};

/// Numbers in all spellings, numbers with more, and texts that are none. No two of them are the same number.
const TEXTS: &[&str] = &[
    "+61401148001",
    "0401 148 002",
    "+61 401 148 003",
    "(04) 0114-8004",
    "0401.148.005",
    "0401148006 ",
    "  0401148007",
    "0401\u{a0}148\u{a0}008",
    "0401148009\n",
    "+61401148010 ",
    "tel:+61401148011",
    "٠٤٠١١٤٨٠١٢",
    "０４０１１４８０１３",
    "0401 148 014 x12",
    "02 9374 4000 ext. 12",
    "0401148015;ext=5",
    "0401 148 016 (work)",
    "0401 148 017 / 0401 148 018",
    "téléphone ☎ 0401148019",
    "+61401148020,,,9#",
    "1-800-FLOWERS",
    "ask for Bob",
    "",
    " ",
    "\t\n",
    "+",
    "000",
    "+99",
    "O401148021",
    "6.1401148022e10",
    "null",
    "NULL",
    "%s %I $1 \\000 \\x41",
    "'); DROP TABLE spelt; --",
    "📞 né",
    "e\u{301}",
];

fn make_table(client: &mut Client, of_type: &str, longest: usize) {
    client.run(&format!(
        "CREATE TABLE spelt (id int PRIMARY KEY, phone {of_type}, written text)"
    ));
    // Of char(n) a text has no blanks at its end, and that is what the application sees of it.
    let insert = "INSERT INTO spelt (id, phone) VALUES ($1, $2::text)";
    for (id, text) in (1..).zip(TEXTS) {
        if text.chars().count() <= longest {
            client.execute(insert, &[&id, text]).unwrap();
        }
    }
    client.run("INSERT INTO spelt (id) VALUES (1000); UPDATE spelt SET written = phone");
}

/// The ids of rows that give back something else.
fn check_each(client: &mut Client, is_right: &str) {
    let sql = format!("SELECT id FROM spelt WHERE NOT coalesce({is_right}, false)");
    let wrong = client.rows(&sql);
    assert!(wrong.is_empty(), "rows {wrong:?}: not {is_right}");
}

const EVERY_SPELLING: &str = "phone_original(phone) IS NOT DISTINCT FROM written";
/// A number gives its spelling up where that says nothing more.
const EVERY_TEXT: &str = "phone_original(phone) IS NOT DISTINCT FROM written
    OR phone_original(phone) = phone_normalize(written) AND written !~ '[[:alpha:]/,;#]'";
const EVERY_NUMBER: &str = "phone_decrypt(phone) IS NOT DISTINCT FROM coalesce(phone_try_normalize(written), written)
    AND phone_is_number(phone) IS NOT DISTINCT FROM (CASE WHEN written IS NOT NULL
                                                          THEN phone_try_normalize(written) IS NOT NULL END)";
const FOUND: &str = "written IS NULL OR phone = written";

fn keeps(of_type: &str, longest: usize, keep_original: bool) {
    let mut client = SERVER.session();
    make_table(&mut client, of_type, longest);
    client.run(&format!(
        "CALL phone_encrypt_column('spelt', 'phone', keep_original => {keep_original}, batch_size => 7)"
    ));
    for _ in 0..2 {
        check_each(&mut client, EVERY_NUMBER);
        check_each(&mut client, EVERY_TEXT);
        check_each(&mut client, FOUND);
        if keep_original {
            check_each(&mut client, EVERY_SPELLING);
        } else {
            let sql = "SELECT phone_original(phone) = '+61401148002' FROM spelt WHERE id = 2";
            assert_eq!(client.rows(sql), ["t"]);
        }
        client.run("CALL phone_drop_plaintext('spelt', 'phone')");
    }
    assert!(is_encrypted(&mut client, "spelt", "phone"));
}

#[test]
fn text_is_kept() {
    keeps("text", usize::MAX, false);
    keeps("text", usize::MAX, true);
}

#[test]
fn varchar_and_char_are_kept() {
    keeps("varchar(24)", 24, true);
    keeps("char(30)", 30, false);
}

#[test]
fn long_text_is_kept() {
    let mut client = SERVER.session();
    client.run(
        "CREATE TABLE spelt (id int, phone text, written text);
         INSERT INTO spelt SELECT n, repeat('9', n) FROM generate_series(1, 400, 7) AS n;
         INSERT INTO spelt SELECT 1000 + n, '0401 148 0' || n || repeat(' call ', 20000) FROM generate_series(10, 12) AS n;
         INSERT INTO spelt SELECT 2000, string_agg(md5(n::text), '') FROM generate_series(1, 20000) AS n;
         UPDATE spelt SET written = phone",
    );
    client.run("CALL phone_encrypt_column('spelt', 'phone')");
    client.run("CALL phone_drop_plaintext('spelt', 'phone')");
    check_each(&mut client, EVERY_NUMBER);
    check_each(&mut client, EVERY_TEXT);
    check_each(&mut client, FOUND);
}

const REPEATED: &str = "
    CREATE TABLE customer (id int PRIMARY KEY, phone text UNIQUE, note text);
    INSERT INTO customer VALUES (1, '+61401000001'), (2, '0401 000 001'), (3, '(0401) 000-001'), (4, '0401000002'),
                                (5, '+61 401 000 002'), (6, 'ask for Bob'), (7, '+61401000003')";
const KEEP_REPEATED: &str = "CALL phone_encrypt_column('customer', 'phone', duplicates => 'text')";

/// How many rows each of the numbers finds.
fn found(client: &mut Client) -> Vec<String> {
    client.rows(
        "SELECT (SELECT count(*) FROM customer WHERE phone = '+61401000001'),
                (SELECT count(*) FROM customer WHERE phone = '0401 000 002'),
                (SELECT count(*) FROM customer WHERE phone = '0401 000 003'),
                (SELECT count(*) FROM customer WHERE phone_is_number(phone)), count(phone) FROM customer",
    )
}

#[test]
fn one_row_keeps_a_number_and_the_others_its_text() {
    for keep_original in [false, true] {
        let mut client = SERVER.session();
        client.run(REPEATED);
        client.refusal(CONVERT, &[]).says("23505", "3 rows");
        let call = format!(
            "CALL phone_encrypt_column('customer', 'phone', duplicates => 'text', keep_original => {keep_original})"
        );
        client.run(&call);
        for _ in 0..2 {
            assert_eq!(found(&mut client), ["1|1|1|3|7"]);
            // What is kept as text says what was written there.
            let texts = "SELECT id FROM customer WHERE NOT phone_is_number(phone)
                            AND phone_original(phone) NOT IN ('+61401000001', '0401 000 001', '(0401) 000-001',
                                                              '0401000002', '+61 401 000 002', 'ask for Bob')";
            assert!(client.rows(texts).is_empty());
            client.run("UPDATE customer SET note = 'touched'; UPDATE customer SET phone = phone");
            client.run("UPDATE customer SET id = id + 10");
            assert_eq!(found(&mut client), ["1|1|1|3|7"]);
            client.run(DROP);
        }
        let upsert = "INSERT INTO customer (id, phone) VALUES (100, '0401000001') ON CONFLICT (phone) DO UPDATE SET note = 'known'
                      RETURNING phone_is_number(phone), note";
        assert_eq!(client.rows(upsert), ["t|known"]);
        // Once nobody has the number any more, it is one again for whoever is given it.
        client.run("DELETE FROM customer WHERE phone = '0401000001'");
        client.run("UPDATE customer SET phone = '0401 000 001' WHERE id = (
                        SELECT min(id) FROM customer WHERE phone_original(phone) IN ('0401 000 001', '(0401) 000-001'))");
        assert_eq!(found(&mut client), ["1|1|1|3|6"]);
    }
}

/// The application goes on with rows that a batch has kept as text, before the swap, too.
#[test]
fn rows_that_are_kept_as_text_are_written_before_the_swap() {
    let database = SERVER.database();
    let mut client = SERVER.connect_as("postgres", &database);
    client.run(REPEATED);
    let mut reader = SERVER.connect_as("postgres", &database);
    // The swap waits for its snapshot.
    reader.run("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM pg_class");
    thread::scope(|scope| {
        let mut worker = SERVER.connect_as("postgres", &database);
        let conversion = scope.spawn(move || worker.batch_execute(KEEP_REPEATED));
        wait_until("the rows are filled", || {
            state_of_conversion(&mut client) == "filling"
                && client.number("SELECT count(*) FROM customer WHERE phone_encrypted IS NULL") == 0
        });
        client.run("UPDATE customer SET note = 'touched'; UPDATE customer SET phone = phone");
        client.run("UPDATE customer SET phone = '0401 000 009' WHERE id = 5");
        let repeated = "INSERT INTO customer VALUES (8, '04 0100 0001')";
        client.refusal(repeated, &[]).says("23505", "");
        let again = "UPDATE customer SET phone = '04 0100 0001' WHERE id = 7";
        client.refusal(again, &[]).says("23505", "");
        reader.run("COMMIT");
        conversion.join().unwrap().unwrap();
    });
    let numbers = "SELECT count(*) FROM customer WHERE phone = '0401 000 009' AND id = 5";
    assert_eq!(client.number(numbers), 1);
    assert_eq!(found(&mut client), ["1|1|1|4|7"]);
}
