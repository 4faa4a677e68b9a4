//! What carries rows alone from one table to another while a column of theirs is converted: dumps of rows, COPY, INSERT …
//! ON CONFLICT. Nothing is encrypted twice.

use phone_crypt_client_tests::Sql;

use crate::dumps::{DROP, ENCRYPT, STORED, new_table, run, server, stop_half_way};

/// Every row says what was put in, and nothing of the conversion is left.
const RIGHT: &str =
    "SELECT count(*) FROM customers AS c WHERE phone_show(c.phone) IS DISTINCT FROM c.truth";

/// pg_restore switches triggers off, and on again, though not as ours was: which is noticed, as rows may have been written
/// meanwhile.
#[test]
fn rows_alone_are_restored_as_they_were() {
    let server = server("");
    let (database, mut client) = new_table(&server, false);
    client.run(ENCRYPT);
    let before = client.rows(STORED);
    let dump = server.path("data.dump");
    let dump = dump.to_str().unwrap();
    let options = ["--format=custom", "--data-only", "--table=customers"];
    run(
        &server,
        "pg_dump",
        &[&options[..], &["--file", dump, &database]].concat(),
    );
    client.run("TRUNCATE customers");
    let options = ["--data-only", "--disable-triggers", "--exit-on-error"];
    run(
        &server,
        "pg_restore",
        &[&options[..], &["--dbname", &database, dump]].concat(),
    );
    assert_eq!(client.rows(STORED), before);
    let refusal = client.refusal(DROP, &[]);
    refusal
        .says("55000", "the trigger of the conversion")
        .hints("ENABLE ALWAYS TRIGGER");
    let statement = refusal.hint.split(';').next().unwrap();
    client.run(statement);
    client.run(DROP);
}

#[test]
fn copies_and_upserts_of_whole_rows_lose_nothing() {
    let server = server("");
    for of_values in [false, true] {
        let (_, mut client) = new_table(&server, of_values);
        client.run(
            "DELETE FROM customers WHERE id % 10 = 4;
             ALTER TABLE customers ADD truth text",
        );
        client.run(match of_values {
            true => {
                "UPDATE customers SET truth = CASE WHEN id % 50 = 1 THEN phone_decrypt_raw(phone) ELSE phone_decrypt(phone) END"
            }
            false => "UPDATE customers SET truth = coalesce(phone_try_normalize(phone), phone)",
        });
        // With the extension where there is one: what a number is shown as.
        client.run("UPDATE customers SET truth = phone_show(phone_try_normalize(truth)) WHERE phone_try_normalize(truth) IS NOT NULL");
        stop_half_way(&mut client);
        for columns in [
            "id, phone, visits, seen_at, truth, phone_encrypted",
            "id, phone, visits, seen_at, truth",
        ] {
            let file = server.write_file("copied", "");
            let file = file.display();
            client.run(&format!(
                "COPY customers ({columns}) TO '{file}'; TRUNCATE customers; COPY customers ({columns}) FROM '{file}'"
            ));
        }
        client.run(
            "INSERT INTO customers SELECT * FROM customers ON CONFLICT (id) DO NOTHING;
             INSERT INTO customers SELECT * FROM customers
                 ON CONFLICT (id) DO UPDATE SET phone = EXCLUDED.phone, phone_encrypted = EXCLUDED.phone_encrypted",
        );
        client.run(ENCRYPT);
        assert_eq!(client.number(RIGHT), 0);
        let stored = client.rows(STORED);
        client.run(
            "INSERT INTO customers SELECT * FROM customers
                 ON CONFLICT (id) DO UPDATE SET phone = EXCLUDED.phone, phone_plain = EXCLUDED.phone_plain",
        );
        assert_eq!(client.rows(STORED), stored);
        client.run(DROP);
        assert_eq!(client.number(RIGHT), 0);
    }
}
