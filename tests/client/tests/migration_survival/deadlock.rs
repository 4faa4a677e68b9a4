//! A batch that meets a number of somebody else's transaction: it gives way, and the other never meets a deadlock.

use phone_crypt_client_tests::samples::K1;
use phone_crypt_client_tests::{Server, Sql, wait_until};

/// The batch is slow at its first row, so that the other transaction can come between its rows.
const MAKE: &str = "
    CREATE TABLE customers (id bigint PRIMARY KEY, phone text UNIQUE, visits integer NOT NULL DEFAULT 0);
    INSERT INTO customers SELECT i, $value FROM generate_series(1, 20) AS i, concat('+61401', 100000 + i) AS number;
    CREATE FUNCTION be_slow() RETURNS trigger LANGUAGE plpgsql AS
        'BEGIN IF OLD.id = 1 THEN PERFORM pg_sleep(0.5); END IF; RETURN NEW; END';
    CREATE TRIGGER be_slow BEFORE UPDATE ON customers FOR EACH ROW EXECUTE FUNCTION be_slow()";

/// A batch at work: it holds the row that is slow.
const IS_AT_WORK: &str = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'";

#[test]
fn a_transaction_with_a_number_and_then_a_row_of_the_batch_goes_through() {
    let server = Server::preloaded(&format!("phone_crypt.encryption_key = '{K1}'\n"));
    for value in ["number", "phone_encrypt(number)"] {
        let database = server.database();
        let mut client = server.connect_as("postgres", &database);
        client.run(&MAKE.replace("$value", value));
        let mut watcher = server.connect_as("postgres", &database);
        let mut application = server.connect_as("postgres", &database);
        std::thread::scope(|scope| {
            let run = scope.spawn(|| {
                client.run("CALL phone_encrypt_column('customers', 'phone', duplicates => 'text')");
            });
            wait_until("the batch is at work", || watcher.number(IS_AT_WORK) == 1);
            application.run(
                "BEGIN;
                 INSERT INTO customers VALUES (100, '0401 100 010');
                 UPDATE customers SET visits = 1 WHERE id = 2;
                 SELECT pg_sleep(2);
                 COMMIT",
            );
            run.join().unwrap();
        });
        let found = "SELECT visits, (SELECT count(*) FROM customers WHERE phone = '+61401100010'),
                            (SELECT count(*) FROM customers WHERE phone_show(phone) = '+61401100010')
                       FROM customers WHERE id = 2";
        let shown = watcher.rows(found);
        assert!(
            ["1|1|2", "1|1|1"].contains(&shown[0].as_str()),
            "{value}: {shown:?}"
        );
        assert_eq!(
            watcher.number("SELECT count(phone) FROM customers"),
            21,
            "{value}"
        );
    }
    assert!(!server.log().contains("deadlock"));
}
