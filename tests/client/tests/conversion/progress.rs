//! How far a conversion is, as another session sees it, and a CALL where none can be.

use phone_crypt_client_tests::{Sql, wait_until};
use std::thread;

use crate::shared::{CONVERT, SERVER};

const TABLE: &str = "CREATE TABLE customer (id int PRIMARY KEY, phone text);
    INSERT INTO customer SELECT i, '+6140' || (1000000 + i) FROM generate_series(1, 2000) AS i;
    CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN PERFORM pg_sleep(0.001); RETURN NEW; END $$;
    CREATE TRIGGER slow BEFORE UPDATE ON customer FOR EACH ROW EXECUTE FUNCTION slow()";

const STATES: &str = "SELECT state FROM phone_crypt.progress";

#[test]
fn a_run_is_seen_and_one_that_was_cancelled_is_told_from_it() {
    let database = SERVER.database();
    let mut client = SERVER.connect_as("postgres", &database);
    client.run(TABLE);
    let mut watcher = SERVER.connect_as("postgres", &database);
    watcher.run("SET ROLE pg_monitor");
    thread::scope(|scope| {
        let pid = client.number("SELECT pg_backend_pid()::bigint");
        let run = scope.spawn(move || {
            client
                .refusal(
                    "CALL phone_encrypt_column('customer', 'phone', batch_size => 100)",
                    &[],
                )
                .says("57014", "");
            // The session goes on; its run does not.
            client
        });
        wait_until("a part is done", || {
            watcher.number("SELECT coalesce(max(done), 0) FROM phone_crypt.progress") > 0
        });
        let running = watcher.rows(
            "SELECT procedure, relation, column_name, state, phase, done BETWEEN 1 AND 1999, total, pid
               FROM phone_crypt.progress",
        );
        assert_eq!(
            running,
            [format!(
                "phone_encrypt_column|customer|phone|running|rows|t|2000|{pid}"
            )]
        );
        let mut other = SERVER.connect_as("postgres", &database);
        other.run(&format!("SELECT pg_cancel_backend({pid})"));
        let mut client = run.join().expect("the run was cancelled");
        // PostgreSQL sends an error before it lets go of the locks.
        wait_until("its lock is released", || {
            watcher.rows(STATES) == ["cancelled"]
        });
        client.run("DROP TRIGGER slow ON customer");
        client.run(CONVERT);
        assert_eq!(watcher.rows(STATES), Vec::<String>::new());
    });
}

#[test]
fn within_a_transaction_block_a_call_is_refused_before_it_does_anything() {
    let mut client = SERVER.session();
    client.run(TABLE);
    for call in [
        CONVERT,
        "CALL phone_rotate_all()",
        "CALL phone_purge_expired()",
        "CALL phone_import_legacy_column('customer', 'phone', 'cbc')",
    ] {
        client.run("BEGIN");
        let refusal = client.refusal(call, &[]);
        client.run("ROLLBACK");
        refusal
            .says("25001", "transaction block")
            .hints("autocommit");
    }
    client.run("BEGIN");
    client.run("CALL phone_encrypt_column('customer', 'phone', dry_run => true)");
    client.run("COMMIT");
}
