//! A flush that is cancelled while it writes.

use phone_crypt_client_tests::{Hits, Limit, Server, Sql, wait_until};
use postgres::Client;

const KEYS: i64 = 40;
const CONF: &str =
    "phone_crypt.ratelimit_slots = 4096\nphone_crypt.ratelimit_flush_interval = '50ms'\n";

/// The writing statement gets to the middle of its rows, and stays there.
const STAY: &str = "CREATE TABLE on_hold (); CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF pg_catalog.to_regclass('public.on_hold') IS NOT NULL THEN PERFORM pg_catalog.pg_sleep(600); END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER hold BEFORE INSERT ON phone_crypt.rate_limits FOR EACH ROW WHEN (NEW.id = 'key 20') EXECUTE FUNCTION hold()";

const HELD: &str = "SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND backend_type = 'phone_crypt worker' AND wait_event = 'PgSleep'";

/// Waits for a flush that ends well. One that was under way when another was interrupted may fail with it.
fn flush(client: &mut Client) {
    wait_until("all has been flushed", || {
        client.try_rows("SELECT ratelimit_flush()").is_ok()
    });
}

/// Nothing of it was committed: all counts are where they were, and are written once by the next flush.
#[test]
fn nothing_is_lost_or_counted_twice() {
    let server = Server::preloaded(CONF);
    for interrupt in ["pg_cancel_backend", "pg_terminate_backend"] {
        let database = server.database();
        let mut client = server.connect_as("postgres", &database);
        let mut other = server.connect_as("postgres", &database);
        client.wait_for_load();
        client.run(STAY);
        let limit = Limit::fixed(1000);
        for key in 0..KEYS {
            client.hit(&format!("key {key}"), &limit);
        }
        wait_until("a flush writes", || client.number(HELD) == 1);
        // Counted while it is being written.
        client.hit("key 20", &limit);
        other.run("DROP TABLE on_hold");
        other.run(&format!(
            "SELECT {interrupt}(pid) FROM pg_stat_activity
              WHERE datname = current_database() AND backend_type = 'phone_crypt worker'"
        ));
        wait_until("the flush has ended", || client.number(HELD) == 0);
        flush(&mut client);
        let counts = "SELECT count(*), sum(count), max(count) FILTER (WHERE id = 'key 20') FROM phone_crypt.rate_limits";
        let expected = format!("{KEYS}|{}|2", KEYS + 1);
        assert_eq!(client.rows(counts), [expected], "{interrupt}");
        assert_eq!(client.hit("key 20", &limit).remaining, 997, "{interrupt}");
        assert_eq!(client.hit("key 3", &limit).remaining, 998, "{interrupt}");
    }
}

/// Whoever waits for a flush and gives up has cancelled only his waiting.
#[test]
fn whoever_gives_up_waiting_leaves_the_flush_at_work() {
    let server = Server::preloaded(CONF);
    let mut client = server.session();
    client.wait_for_load();
    client.run(STAY);
    for key in 0..KEYS {
        client.hit(&format!("key {key}"), &Limit::fixed(1000));
    }
    wait_until("a flush writes", || client.number(HELD) == 1);
    client.run("SET statement_timeout = '200ms'");
    client
        .refusal("SELECT ratelimit_flush()", &[])
        .says("57014", "statement timeout");
    client.run("RESET statement_timeout");
    assert_eq!(client.number(HELD), 1);
    client.run("DROP TABLE on_hold");
    client.run(
        "SELECT pg_cancel_backend(pid) FROM pg_stat_activity
          WHERE datname = current_database() AND backend_type = 'phone_crypt worker'",
    );
    flush(&mut client);
    let all = client.number("SELECT sum(count) FROM phone_crypt.rate_limits");
    assert_eq!(all, KEYS);
}
