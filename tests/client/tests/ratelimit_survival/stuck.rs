//! What somebody holds, or breaks, delays only itself: one row, one database. The rest is flushed, and what was stuck
//! is flushed when it can be, once.

use phone_crypt_client_tests::{Hits, Limit, Server, Sql, wait_until};
use postgres::Client;
use std::time::{Duration, Instant};

const SLOTS: usize = 64;
const OTHERS: usize = 40;

fn server(slots: usize) -> Server {
    Server::preloaded(&format!(
        "phone_crypt.ratelimit_slots = {slots}\nphone_crypt.ratelimit_flush_interval = '50ms'\n"
    ))
}

/// Counts of keys that the table has.
fn in_table(client: &mut Client, condition: &str) -> i64 {
    client.number(&format!(
        "SELECT coalesce(sum(count), 0) FROM phone_crypt.rate_limits WHERE {condition}"
    ))
}

/// Ways to hold the row of a key, each in a transaction that has begun.
const HOLDS: [(&str, &str); 4] = [
    (
        "locked",
        "SELECT FROM phone_crypt.rate_limits WHERE id = 'held' FOR UPDATE",
    ),
    (
        "changed",
        "UPDATE phone_crypt.rate_limits SET count = count WHERE id = 'held'",
    ),
    (
        "deleted",
        "DELETE FROM phone_crypt.rate_limits WHERE id = 'held'",
    ),
    (
        "inserted",
        "INSERT INTO phone_crypt.rate_limits (id, window_start) VALUES ('held', 0)",
    ),
];

#[test]
fn a_row_that_somebody_holds_delays_only_itself() {
    let server = server(4096);
    let limit = Limit::fixed(1000);
    for (way, hold) in HOLDS {
        for end in ["ROLLBACK", "COMMIT"] {
            let database = server.database();
            let mut holder = server.connect_as("postgres", &database);
            let mut client = server.connect_as("postgres", &database);
            client.wait_for_load();
            if way != "inserted" {
                client.hit("held", &limit);
                client.run("SELECT ratelimit_flush()");
            }
            holder.run(&format!("BEGIN; {hold}"));
            client.hit("held", &limit);
            for round in 1..=3 {
                for key in 0..OTHERS {
                    client.hit(&format!("other {key}"), &limit);
                }
                let expected = round * OTHERS as i64;
                wait_until("the other keys have been flushed", || {
                    in_table(&mut client, "id LIKE 'other %'") == expected
                });
            }
            client
                .refusal("SELECT ratelimit_flush()", &[])
                .says("58000", "flush");
            client.hit("held", &limit);
            holder.run(end);
            let hits = if way == "inserted" { 2 } else { 3 };
            wait_until("the held key has been flushed", || {
                in_table(&mut client, "id = 'held'") == hits
            });
            client.run("SELECT ratelimit_flush()");
            assert_eq!(in_table(&mut client, "id = 'held'"), hits, "{way}, {end}");
            assert_eq!(client.hit("held", &limit).remaining, 999 - hits);
        }
    }
}

#[test]
fn a_hit_under_a_durable_policy_holds_no_flush_up() {
    let server = server(4096);
    let database = server.database();
    let mut holder = server.connect_as("postgres", &database);
    let mut client = server.connect_as("postgres", &database);
    client.run("SELECT ratelimit_policy_set('lasting', 1000, '1 day', durable => true)");
    holder.run("BEGIN");
    holder.check("lasting", "u");
    client.hit("policy:lasting:u", &Limit::fixed(1000));
    for key in 0..OTHERS {
        client.hit(&format!("other {key}"), &Limit::fixed(1000));
    }
    wait_until("the other keys have been flushed", || {
        in_table(&mut client, "id LIKE 'other %'") == OTHERS as i64
    });
    holder.run("COMMIT");
    client.run("SELECT ratelimit_flush()");
}

/// Breaks the flush of a database until `repair`; `from` is the database that it is done in.
struct Fault {
    name: &'static str,
    make: &'static str,
    repair: &'static str,
    from: fn(&str) -> String,
}

const WITHIN: fn(&str) -> String = str::to_owned;
const OUTSIDE: fn(&str) -> String = |_| "postgres".to_owned();

const FAULTS: [Fault; 7] = [
    Fault {
        name: "its table is locked",
        make: "BEGIN; LOCK TABLE phone_crypt.rate_limits IN SHARE MODE",
        repair: "ROLLBACK",
        from: WITHIN,
    },
    Fault {
        name: "its extension is being dropped",
        make: "BEGIN; DROP EXTENSION phone_crypt CASCADE",
        repair: "ROLLBACK",
        from: WITHIN,
    },
    Fault {
        name: "every write fails",
        make:
            "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$;
               CREATE TRIGGER fail BEFORE INSERT ON phone_crypt.rate_limits EXECUTE FUNCTION fail()",
        repair: "DROP TRIGGER fail ON phone_crypt.rate_limits",
        from: WITHIN,
    },
    Fault {
        name: "a write does not end",
        make:
            "CREATE FUNCTION last() RETURNS trigger LANGUAGE plpgsql
                   AS $$ BEGIN PERFORM pg_catalog.pg_sleep(100000); RETURN NEW; END $$;
               CREATE TRIGGER last BEFORE INSERT ON phone_crypt.rate_limits EXECUTE FUNCTION last()",
        repair: "DO $$ BEGIN
                   PERFORM pg_terminate_backend(pid) FROM pg_stat_activity
                     WHERE datname = current_database() AND backend_type = 'phone_crypt worker';
                   DROP TRIGGER last ON phone_crypt.rate_limits;
               END $$",
        from: WITHIN,
    },
    Fault {
        name: "its catalogue is locked",
        make: "BEGIN; LOCK TABLE pg_catalog.pg_class",
        repair: "ROLLBACK",
        from: WITHIN,
    },
    Fault {
        name: "nobody may connect",
        make: "ALTER DATABASE \"DBNAME\" ALLOW_CONNECTIONS false",
        repair: "ALTER DATABASE \"DBNAME\" ALLOW_CONNECTIONS true",
        from: OUTSIDE,
    },
    Fault {
        name: "too many are connected",
        make: "ALTER DATABASE \"DBNAME\" CONNECTION LIMIT 0",
        repair: "ALTER DATABASE \"DBNAME\" CONNECTION LIMIT -1",
        from: OUTSIDE,
    },
];

/// Hits new keys until one is refused, or `most`. How many were hit.
fn flood(client: &mut Client, most: usize) -> i64 {
    let limit = Limit::fixed(10);
    for key in 0..most {
        if let Err(refusal) = client.try_hit(&format!("key {key}"), &limit, 1) {
            refusal.says("53400", "");
            return key as i64;
        }
    }
    most as i64
}

fn make(server: &Server, fault: &Fault, database: &str) -> Client {
    let mut session = server.connect_as("postgres", &(fault.from)(database));
    session.run(&fault.make.replace("DBNAME", database));
    session
}

/// A hit on each of a few keys: none is refused for want of a slot.
fn hit_a_few(client: &mut Client, keys: usize) {
    for key in 0..keys {
        client.hit(&format!("key {key}"), &Limit::fixed(10));
    }
}

#[test]
fn a_database_that_cannot_be_flushed_delays_only_itself() {
    const KEYS: usize = 10;
    for fault in &FAULTS {
        let server = server(SLOTS);
        let (broken, whole) = (server.database(), server.database());
        let mut other = server.connect_as("postgres", &whole);
        let mut client = server.connect_as("postgres", &broken);
        client.wait_for_load();
        other.wait_for_load();
        let mut session = make(&server, fault, &broken);
        // With the extension or the catalogue locked, nobody can even hit.
        client.run("SET lock_timeout = '1s'");
        let hits = match client.try_hit("first", &Limit::fixed(10), 1) {
            Ok(_) => flood(&mut client, 10 * SLOTS) + 1,
            Err(refusal) => {
                refusal.says("55P03", "");
                0
            }
        };
        hit_a_few(&mut other, KEYS);
        let began = Instant::now();
        other.run("SELECT ratelimit_flush()");
        assert_eq!(in_table(&mut other, "true"), KEYS as i64, "{}", fault.name);
        let took = began.elapsed();
        assert!(took < Duration::from_secs(5), "{}: {took:?}", fault.name);
        session.run(&fault.repair.replace("DBNAME", &broken));
        wait_until(fault.name, || in_table(&mut client, "true") == hits);
        for key in 0..hits - 1 {
            let peek = format!("SELECT remaining FROM ratelimit_peek('key {key}', 10, '100 days')");
            assert_eq!(client.rows(&peek), ["9"], "{}", fault.name);
        }
    }
}

/// More of them than there may be workers at once.
#[test]
fn many_databases_that_cannot_be_flushed_delay_only_themselves() {
    const KEYS: usize = 20;
    let server = server(4096);
    let mut sessions = Vec::new();
    for fault in &FAULTS {
        let database = server.database();
        let mut client = server.connect_as("postgres", &database);
        client.wait_for_load();
        client.hit("first", &Limit::fixed(10));
        client.run("SELECT ratelimit_flush()");
        let session = make(&server, fault, &database);
        hit_a_few(&mut client, KEYS);
        sessions.push((fault, database, client, session));
    }
    let mut other = server.session();
    for round in 1..=3 {
        hit_a_few(&mut other, KEYS);
        wait_until("the healthy database has been flushed", || {
            in_table(&mut other, "true") == round * KEYS as i64
        });
    }
    for (fault, database, client, session) in &mut sessions {
        session.run(&fault.repair.replace("DBNAME", database));
        wait_until(fault.name, || in_table(client, "true") == KEYS as i64 + 1);
    }
}

/// Nobody can connect to it until that is over.
#[test]
fn a_database_that_is_being_renamed_delays_only_itself() {
    const KEYS: usize = 20;
    let server = Server::preloaded("phone_crypt.ratelimit_flush_interval = '2s'\n");
    let renamed = server.database();
    let mut other = server.session();
    hit_a_few(&mut other, KEYS);
    let mut client = server.connect_as("postgres", &renamed);
    client.wait_for_load();
    client.run("SELECT ratelimit_flush()");
    hit_a_few(&mut client, KEYS);
    drop(client);
    let mut admin = server.connect();
    wait_until("nobody is connected any more", || {
        let rename = format!("BEGIN; ALTER DATABASE {renamed} RENAME TO another");
        let is_renamed = admin.batch_execute(&rename).is_ok();
        if !is_renamed {
            admin.run("ROLLBACK");
        }
        is_renamed
    });
    for round in 2..=3 {
        hit_a_few(&mut other, KEYS);
        wait_until("the other database has been flushed", || {
            in_table(&mut other, "true") == round * KEYS as i64
        });
    }
    admin.run("ROLLBACK");
    let mut client = server.connect_as("postgres", &renamed);
    wait_until("the renamed database has been flushed", || {
        in_table(&mut client, "true") == KEYS as i64
    });
}

/// One row that cannot be written is left out; the rest is.
#[test]
fn a_row_that_cannot_be_written_delays_only_itself() {
    let server = server(4096);
    let mut client = server.session();
    client.run("ALTER TABLE phone_crypt.rate_limits ADD CHECK (id NOT IN ('key 3', 'key 17'))");
    let mark = server.log_mark();
    hit_a_few(&mut client, OTHERS);
    wait_until("the others have been flushed", || {
        in_table(&mut client, "true") == OTHERS as i64 - 2
    });
    client
        .refusal("SELECT ratelimit_flush()", &[])
        .says("58000", "flush");
    let log = server.log_since(mark);
    assert!(log.contains("23514") && !log.contains("key 3"), "{log}");
    client.run("ALTER TABLE phone_crypt.rate_limits DROP CONSTRAINT rate_limits_id_check");
    client.run("SELECT ratelimit_flush()");
    assert_eq!(in_table(&mut client, "true"), OTHERS as i64);
}
