//! The calls, and what no answer may be.

use phone_crypt_client_tests::samples::{K1, K2};
use phone_crypt_client_tests::{Refusal, Server, Sql};
use postgres::Client;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::numbers::Numbers;
use crate::relations;
use crate::routines::{self, Routine};
use crate::triggers;
use crate::values::{Encoding, SETTING, value};

/// Its keys are `K1`, and `K2` as a previous one.
pub static SERVER: LazyLock<Server> = LazyLock::new(|| {
    let server =
        Server::preloaded("synchronous_commit = off\nphone_crypt.ratelimit_slots = 1024\n");
    let keys = server.write_file("keys", format!("{K1}\n{K2}\n"));
    server.write_conf(&format!("phone_crypt.key_file = '{}'", keys.display()));
    server.reload();
    server
});

/// Those that a session can set, and of which there is something to set.
const SETTINGS: &str = "SELECT s.name FROM (SELECT name FROM pg_settings WHERE name LIKE 'phone\\_crypt.%'
        AND context IN ('user', 'superuser')
    UNION SELECT unnest('{phone_crypt.encryption_key,phone_crypt.previous_keys}'::text[])) AS s ORDER BY 1";

/// How many calls each kind of caller makes.
fn calls() -> usize {
    let calls = std::env::var("PHONE_CRYPT_TEST_CALLS");
    calls.map_or(2000, |calls| {
        calls.parse().expect("PHONE_CRYPT_TEST_CALLS is a number")
    })
}

/// A new database in an encoding, with the extension.
pub fn database(encoding: Encoding) -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let name = format!("random{}", COUNT.fetch_add(1, Ordering::Relaxed));
    let encoding = match encoding {
        Encoding::Utf8 => "UTF8",
        Encoding::Latin1 => "LATIN1",
        Encoding::SqlAscii => "SQL_ASCII",
    };
    SERVER.connect().run(&format!(
        "CREATE DATABASE {name} TEMPLATE template0 ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C'"
    ));
    SERVER
        .connect_as("postgres", &name)
        .run("CREATE EXTENSION phone_crypt");
    name
}

/// What is wrong with an answer, if anything is.
pub fn fault(refusal: &Refusal) -> Option<&'static str> {
    let says = |text: &str| refusal.everything.contains(text);
    if refusal.sqlstate.starts_with("XX") {
        Some("an internal error")
    } else if says("panicked") || says("backtrace") || says(".rs:") || says("unwrap()") {
        Some("a panic's text")
    } else if says("401148075") || says("4011480751") || says("401 148 075") {
        Some("the number passed")
    } else {
        None
    }
}

/// Somebody who makes calls.
struct Caller<'a> {
    client: Client,
    numbers: Numbers,
    encoding: Encoding,
    routines: &'a [Routine],
    settings: &'a [String],
    faults: Vec<String>,
}

impl Caller<'_> {
    /// A random call of a routine.
    fn call_of(&mut self, routine: &Routine) -> String {
        let values: Vec<_> = routine
            .arguments
            .iter()
            .map(|(kind, name)| {
                let value = value(&mut self.numbers, kind, name, self.encoding);
                value.unwrap_or_else(|| panic!("values.rs has none of type {kind}"))
            })
            .collect();
        let (name, values) = (&routine.name, values.join(", "));
        match routine.is_procedure {
            true => format!("CALL {name}({values})"),
            // The answer is looked at, but does not leave the server: it may be of any bytes.
            false => format!(
                "SELECT count(*) FILTER (WHERE answer IS NULL) FROM (SELECT {name}({values}) AS answer OFFSET 0) AS a"
            ),
        }
    }

    /// A change of one of the extension's settings.
    fn setting(&mut self) -> String {
        let settings = self.settings;
        let name = &settings[self.numbers.below(settings.len())];
        let text = value(&mut self.numbers, "text", SETTING, self.encoding);
        let text = text.unwrap_or_default();
        format!("SELECT set_config('{name}', {text}, true)")
    }

    /// Makes a call, in a transaction that is taken back or by itself, and notes what is wrong with its answer.
    fn make(&mut self, sql: &str, in_transaction: bool) {
        self.make_and_judge(sql, in_transaction);
        // Calls after it would all be refused, and no ROLLBACK takes it back.
        if sql.contains("phone_crypt_lockdown_cluster(") {
            let release = "SELECT phone_crypt_lockdown_cluster_release()";
            let _ = self.client.batch_execute(release);
        }
    }

    fn make_and_judge(&mut self, sql: &str, in_transaction: bool) {
        let statement = match in_transaction {
            true => format!("BEGIN; {sql}; ROLLBACK"),
            false => sql.to_owned(),
        };
        let Err(error) = self.client.batch_execute(&statement) else {
            return;
        };
        let Some(refusal) = error.as_db_error().map(Refusal::from) else {
            let signals = crashes();
            panic!("{error} at: {sql}\n{signals}\n{:?}", self.faults);
        };
        if in_transaction {
            self.client.run("ROLLBACK");
        }
        if let Some(fault) = fault(&refusal) {
            let said: String = format!("{refusal:?}").chars().take(500).collect();
            self.faults.push(format!("{fault}: {sql}: {said}"));
        }
    }

    fn make_one(&mut self) {
        let routines = self.routines;
        let routine = &routines[self.numbers.below(routines.len())];
        if routine.is_trigger && self.numbers.below(2) == 0 {
            let sql = triggers::trigger(&mut self.numbers, &routine.name);
            self.make(&sql, true);
            return;
        }
        let sql = self.call_of(routine);
        // Under a setting of the extension's that is as hostile, until the transaction ends.
        if self.numbers.below(10) == 0 {
            let sql = format!("{}; {sql}", self.setting());
            self.make(&sql, true);
            return;
        }
        let in_transaction = !routine.is_procedure || self.numbers.below(4) == 0;
        self.make(&sql, in_transaction);
    }
}

/// Makes the calls as a role, in a database of an encoding.
fn call_at_random(role: &str, profile: Option<&str>, encoding: Encoding, calls: usize) {
    let (numbers, seed) = Numbers::seeded(&format!("{role} {}", encoding as u8));
    println!("PHONE_CRYPT_TEST_SEED={seed} PHONE_CRYPT_TEST_CALLS={calls}");
    let database = database(encoding);
    // Its temporary table is somebody else's to the caller.
    let mut superuser = SERVER.connect_as("postgres", &database);
    superuser.run(relations::MAKE);
    let grant = match profile {
        Some(profile) => format!(
            "SELECT phone_crypt_grant('{role}', '{profile}'); GRANT USAGE ON SCHEMA zoo TO {role}; GRANT ALL ON ALL TABLES IN SCHEMA zoo TO {role}"
        ),
        None => String::new(),
    };
    superuser.run(&grant);
    let mut caller = Caller {
        client: SERVER.connect_as(role, &database),
        numbers,
        encoding,
        routines: &routines::all(&mut superuser),
        settings: &superuser.rows(SETTINGS),
        faults: Vec::new(),
    };
    caller.client.run("SET statement_timeout = '300ms'");
    for _ in 0..calls {
        caller.make_one();
    }
    let faults = caller.faults;
    assert!(
        faults.is_empty(),
        "{} faults:\n{}",
        faults.len(),
        faults.join("\n")
    );
    assert_eq!(crashes(), "");
}

/// What the log says of processes that ended as none should, and of panics.
fn crashes() -> String {
    let signs = [
        "was terminated by signal",
        "PANIC: ",
        "TRAP: ",
        "panicked at",
    ];
    let log = SERVER.log();
    let lines = log
        .lines()
        .filter(|line| signs.iter().any(|sign| line.contains(sign)));
    lines.collect::<Vec<_>>().join("\n")
}

fn make_role(name: &str) {
    SERVER.connect().run(&format!("CREATE ROLE {name} LOGIN"));
}

#[test]
fn a_superuser() {
    call_at_random("postgres", None, Encoding::Utf8, calls());
}

#[test]
fn an_administrator_who_is_none() {
    make_role("admin");
    call_at_random("admin", Some("admin"), Encoding::Utf8, calls() / 2);
}

#[test]
fn a_plain_role() {
    make_role("nobody");
    call_at_random("nobody", None, Encoding::Utf8, calls() / 4);
}

#[test]
fn a_database_of_any_bytes() {
    call_at_random("postgres", None, Encoding::SqlAscii, calls() / 2);
}

#[test]
fn a_database_in_latin_1() {
    call_at_random("postgres", None, Encoding::Latin1, calls() / 2);
}
