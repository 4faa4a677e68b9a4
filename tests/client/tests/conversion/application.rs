//! An application goes on before, during and after a conversion. All that it meets are numbers that are there already,
//! and statements that return the column and have to be prepared anew, once each.

use phone_crypt_client_tests::{Sql, wait_until};
use std::thread;
use std::time::Duration;

use crate::load::{
    Outcome, Progress, check_outcome, check_prepared_anew, check_rows, make_table, while_used,
};
use crate::shared::{CONVERT, DROP, SERVER, is_encrypted, state_of_conversion};

/// A conversion and the end of the plain text while the application goes on.
fn converted_under_load(of_type: &str, options: &str) {
    let database = SERVER.database();
    let mut client = SERVER.connect_as("postgres", &database);
    make_table(&mut client, of_type);
    let convert =
        format!("CALL phone_encrypt_column('customer', 'phone', batch_size => 60{options})");
    let work = |progress: &Progress| {
        client.run(&convert);
        progress.is_swapped();
        thread::sleep(Duration::from_millis(300));
        client.run(DROP);
    };
    let ((), outcome): (_, Outcome) = while_used(&SERVER, &database, work);
    check_outcome(&outcome);
    check_prepared_anew(&outcome);
    check_rows(&mut client, &outcome);
    assert!(is_encrypted(&mut client, "customer", "phone"));
    assert_eq!(state_of_conversion(&mut client), "");
}

#[test]
fn a_column_of_text_is_converted_under_load() {
    converted_under_load("text", "");
}

#[test]
fn a_column_of_varchar_is_converted_under_load_with_its_spellings() {
    converted_under_load("varchar(40)", ", keep_original => true");
}

/// Plain text that nobody has written since the swap says the same as the encrypted column.
#[test]
fn plain_text_that_is_left_is_consistent() {
    let database = SERVER.database();
    let mut client = SERVER.connect_as("postgres", &database);
    make_table(&mut client, "char(20)");
    let work = |progress: &Progress| {
        client.run("CALL phone_encrypt_column('customer', 'phone', batch_size => 500)");
        progress.is_swapped();
        thread::sleep(Duration::from_millis(300));
    };
    let ((), outcome) = while_used(&SERVER, &database, work);
    check_outcome(&outcome);
    check_rows(&mut client, &outcome);
    let wrong = "SELECT count(*) FROM customer WHERE phone_normalize(phone_plain) <> truth";
    assert_eq!(client.number(wrong), 0);
    let left = "SELECT count(phone_plain) FROM customer";
    assert!(client.number(left) > 1000, "plain text went for nothing");
    client.run(DROP);
    check_rows(&mut client, &outcome);
}

/// A transaction that sees the rows as they were before they were filled would find no numbers under the new name.
#[test]
fn the_swap_waits_for_older_snapshots() {
    let database = SERVER.database();
    let mut client = SERVER.connect_as("postgres", &database);
    make_table(&mut client, "text");
    let mut reader = SERVER.connect_as("postgres", &database);
    // It holds a snapshot, and no lock of the table.
    reader.run("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM pg_class");
    thread::scope(|scope| {
        let mut worker = SERVER.connect_as("postgres", &database);
        let conversion = scope.spawn(move || worker.batch_execute(CONVERT));
        wait_until("the rows are filled", || {
            state_of_conversion(&mut client) == "filling"
                && client.number("SELECT count(*) FROM customer WHERE phone_encrypted IS NULL") == 0
        });
        thread::sleep(Duration::from_millis(1000));
        assert!(!conversion.is_finished(), "it did not wait");
        let found = "SELECT id FROM customer WHERE phone = '+61401000005'";
        assert_eq!(reader.rows(found), ["5"]);
        reader.run("COMMIT");
        conversion.join().unwrap().unwrap();
        assert_eq!(reader.rows(found), ["5"]);
    });
}
