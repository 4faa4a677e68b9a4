//! The legacy application goes on counting while its table is migrated: no count is lost, and none doubled.

use phone_crypt_client_tests::samples::K1;
use phone_crypt_client_tests::{Sequence, Server, Sql};
use postgres::Client;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

const SESSIONS: i32 = 4;

/// All windows are live, so the sum of the counts must stay.
const MAKE: &str = "
    CREATE TABLE public.rate_limits (id text PRIMARY KEY, count integer NOT NULL, window_start bigint NOT NULL,
                                     created_at timestamptz DEFAULT now(), updated_at timestamptz DEFAULT now());
    INSERT INTO public.rate_limits
    SELECT 'phone:' || CASE WHEN i % 10 = 3 THEN '0401' || to_char(i - 1, 'FM000000')
                            ELSE '+61401' || to_char(i, 'FM000000') END,
           1, (extract(epoch FROM now()) * 1000)::bigint + 3600000
      FROM generate_series(1, 4000) AS i";

const PLAIN_LEFT: &str = "SELECT count(*) FROM public.rate_limits WHERE id LIKE 'phone:%'";

/// Counts calls of random numbers, as the legacy application did. How many.
fn count_calls(client: &mut Client, number: i32, stop: &AtomicBool) -> i64 {
    let mut sequence = Sequence::new(number as u64);
    let mut calls = 0;
    while !stop.load(Ordering::Relaxed) {
        let n = sequence.below(5000);
        let id = match sequence.below(2) {
            0 => format!("phone:0401{n:06}"),
            _ => format!("phone:+61401{n:06}"),
        };
        let hit = format!(
            "INSERT INTO public.rate_limits VALUES ('{id}', 1, (extract(epoch FROM now()) * 1000)::bigint + 3600000)
             ON CONFLICT (id) DO UPDATE SET count = rate_limits.count + 1, updated_at = now()"
        );
        match sequence.below(10) {
            0 => client.run(&format!("BEGIN; {hit}; SELECT pg_sleep(0.02); COMMIT")),
            _ => client.run(&hit),
        }
        calls += 1;
    }
    calls
}

/// Calls the migration while calls are counted, and once more when they are no longer. How many calls were counted.
fn migrate(server: &Server, database: &str, call: &str) -> i64 {
    let stop = AtomicBool::new(false);
    let (one, mut client) = (
        |number| count_calls(&mut server.connect_as("postgres", database), number, &stop),
        server.connect_as("postgres", database),
    );
    let one = &one;
    let calls = thread::scope(|scope| {
        let sessions: Vec<_> = (1..=SESSIONS)
            .map(|number| scope.spawn(move || one(number)))
            .collect();
        let result = client.batch_execute(call);
        stop.store(true, Ordering::Relaxed);
        let calls = sessions
            .into_iter()
            .map(|session| session.join().unwrap())
            .sum();
        result.unwrap();
        calls
    });
    client.run(call);
    assert_eq!(client.number(PLAIN_LEFT), 0);
    assert!(calls > 100, "too little to prove anything: {calls}");
    calls
}

fn server() -> Server {
    let server = Server::preloaded("phone_crypt.ratelimit_engine = 'table'\n");
    server.write_conf(&format!("phone_crypt.encryption_key = '{K1}'\n"));
    server.reload();
    server
}

#[test]
fn in_place() {
    let server = server();
    let database = server.database();
    let mut client = server.connect_as("postgres", &database);
    client.run(MAKE);
    let calls = migrate(
        &server,
        &database,
        "CALL phone_migrate_rate_limits('public.rate_limits', batch_size => 50)",
    );
    let sum = client.number("SELECT sum(count) FROM public.rate_limits");
    assert_eq!(sum, 4000 + calls);
}

#[test]
fn into_the_engine() {
    let server = server();
    let database = server.database();
    let mut client = server.connect_as("postgres", &database);
    client.run(MAKE);
    let calls = migrate(
        &server,
        &database,
        "CALL phone_migrate_rate_limits('public.rate_limits', 'phone_crypt.rate_limits', batch_size => 50)",
    );
    let sum = client.number("SELECT sum(used) FROM phone_crypt.ratelimit_status");
    assert_eq!(sum, 4000 + calls);
}
