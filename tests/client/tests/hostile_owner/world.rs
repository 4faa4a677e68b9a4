//! A database with a hostile owner in it, and the checks after each call of somebody else's.

use phone_crypt_client_tests::samples::{K1, K2};
use phone_crypt_client_tests::{LogMark, Refusal, Server, Sql};
use postgres::Client;
use std::sync::{LazyLock, Mutex, PoisonError};

use crate::attack::Attack;
use crate::payloads::SETTINGS;
use crate::traps;

/// Its keys are `K1`, and `K2` as a previous one.
static SERVER: LazyLock<Server> = LazyLock::new(|| {
    let server = Server::preloaded("max_connections = 100\nsynchronous_commit = off\n");
    let keys = server.write_file("keys", format!("{K1}\n{K2}\n"));
    server.write_conf(&format!("phone_crypt.key_file = '{}'", keys.display()));
    server.reload();
    server
});

/// What no message, and no row that the owner may read, may show: numbers, keys, and the rows of somebody else's table.
pub const SECRETS: [&str; 7] = [
    "1148075",
    "1480751",
    "1148077",
    "91570156",
    "TOP SECRET",
    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
    "correct-horse",
];

/// How many of them are numbers in the owner's own table.
const NUMBERS: usize = 3;

/// The schema of the traps, and that of the tables.
const OWN_SCHEMAS: &str = "SET statement_timeout = '300ms'; CREATE SCHEMA m; CREATE SCHEMA own;
    GRANT USAGE ON SCHEMA m TO PUBLIC";

/// The settings, roles and counters that a call must leave alone. A setting that somebody set in the session is of
/// source `session`, and those of a transaction end with it; a made-up one is in no view.
const STATE: &str = "
    SELECT pg_catalog.concat('owner''s code ran as somebody else: ', is_called) FROM traps.escaped
    UNION ALL SELECT pg_catalog.concat('users: ', current_user, ' ', session_user, ' ', pg_catalog.current_setting('role'))
    UNION ALL SELECT pg_catalog.concat('made up: ', pg_catalog.current_setting('m.leak', true))
    UNION ALL SELECT pg_catalog.concat('path: ', pg_catalog.current_setting('search_path'))
    UNION ALL SELECT pg_catalog.concat(s.name, ': ', s.setting)
                FROM pg_catalog.pg_settings AS s
               WHERE s.source OPERATOR(pg_catalog.=) 'session'::pg_catalog.text
                 AND s.name OPERATOR(pg_catalog.!~~) 'transaction%'::pg_catalog.text";

/// As much of it as is looked at after every call: what the attacks set. All of it is looked at after every life.
static BRIEF_STATE: LazyLock<String> = LazyLock::new(|| {
    let settings = SETTINGS.iter().map(|(name, _)| name);
    let settings: Vec<_> = settings
        .map(|name| format!("pg_catalog.current_setting('{name}', true)"))
        .collect();
    let settings = settings.join(", ");
    format!("SELECT is_called, current_user, session_user, {settings} FROM traps.escaped")
});

/// A database, its superuser, and a role that may use every procedure and owns schema `m`.
pub struct World {
    /// The administrator, whom the owner is after.
    pub superuser: Client,
    /// The owner.
    pub owner: Client,
    role: String,
    state: Vec<String>,
    brief_state: Vec<String>,
}

/// What no error that a call ends with may show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hides {
    /// Numbers, keys, and what belongs to somebody else.
    Numbers,
    /// Keys and what belongs to somebody else: what is behind the procedures raises PostgreSQL's errors as they are.
    Keys,
}

impl World {
    /// A new one, without any table of the owner's.
    pub fn new() -> World {
        let database = SERVER.database();
        let role = format!("owner_{database}");
        let mut superuser = SERVER.connect_as("postgres", &database);
        superuser.run(&format!(
            "CREATE ROLE {role} LOGIN;
             SELECT phone_crypt_grant('{role}', 'admin');
             GRANT CREATE ON DATABASE {database} TO {role};
             CREATE SCHEMA traps;
             GRANT USAGE ON SCHEMA traps TO PUBLIC;
             CREATE SEQUENCE traps.escaped;
             CREATE SEQUENCE traps.ran;
             GRANT USAGE ON ALL SEQUENCES IN SCHEMA traps TO PUBLIC;
             CREATE TABLE public.secrets (id bigint PRIMARY KEY, phone text UNIQUE, note text);
             INSERT INTO public.secrets VALUES (1, '+61491570156', 'TOP SECRET');
             -- Nobody waits for an attack that only takes time.
             SET statement_timeout = '300ms'"
        ));
        let mut owner = SERVER.connect_as(&role, &database);
        owner.run(OWN_SCHEMAS);
        owner.run(&traps::sql(&role));
        owner.run(traps::PAYLOAD);
        let mut world = World {
            superuser,
            owner,
            role,
            state: Vec::new(),
            brief_state: Vec::new(),
        };
        world.note_state();
        world
    }

    /// Does something as the superuser, which may fail in any way but a fault of ours.
    ///
    /// Returns what is wrong afterwards.
    pub fn act(&mut self, sql: &str, raised: Option<&str>, hides: Hides) -> Result<(), String> {
        let answer = self.superuser.try_rows(sql);
        if answer.is_err() {
            // What the call left open, if it was made within a transaction.
            self.superuser.run("ROLLBACK");
        }
        judge(answer, raised, hides)?;
        match self.superuser.rows(&BRIEF_STATE) == self.brief_state {
            true => Ok(()),
            false => self.same_state(),
        }
    }

    /// Whether everything in the administrator's session is as it was.
    fn same_state(&mut self) -> Result<(), String> {
        let state = self.superuser.rows(STATE);
        let differing = |these: &[String], those: &[String]| -> Vec<String> {
            let these = these.iter().filter(|line| !those.contains(line));
            these.cloned().collect()
        };
        let (new, gone) = (
            differing(&state, &self.state),
            differing(&self.state, &state),
        );
        match new.is_empty() && gone.is_empty() {
            true => Ok(()),
            false => Err(format!("left behind: {new:?}; gone: {gone:?}")),
        }
    }

    /// What the session is like now is as it should be.
    fn note_state(&mut self) {
        self.state = self.superuser.rows(STATE);
        self.brief_state = self.superuser.rows(&BRIEF_STATE);
    }

    /// Does something as the owner, whose own settings may change.
    pub fn act_as_owner(&mut self, sql: &str, raised: Option<&str>) -> Result<(), String> {
        let answer = self.owner.try_rows(sql);
        if answer.is_err() {
            self.owner.run("ROLLBACK");
        }
        judge(answer, raised, Hides::Keys)?;
        match self.escaped() {
            true => Err("owner's code ran as somebody else".to_owned()),
            false => Ok(()),
        }
    }

    /// Whether code of the owner's ran as somebody else.
    fn escaped(&mut self) -> bool {
        self.superuser.rows("SELECT is_called FROM traps.escaped") == ["t"]
    }

    /// What must be so at the end: the owner is who he was, has learnt nothing, and the server has not crashed.
    pub fn end(&mut self) -> Result<(), String> {
        self.same_state()?;
        let role = &self.role;
        let is_superuser =
            format!("SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = '{role}'");
        if self.superuser.rows(&is_superuser) != ["f"] {
            return Err("the owner is a superuser".to_owned());
        }
        let rows = "SELECT pg_catalog.query_to_xml('SELECT * FROM own.' OPERATOR(pg_catalog.||) c.relname, true, false, '')
                      FROM pg_catalog.pg_class AS c
                     WHERE c.relnamespace = 'own'::pg_catalog.regnamespace AND c.relkind = 'r'";
        let rows = self.owner.try_rows(rows).unwrap_or_default().concat();
        let learnt = SECRETS[NUMBERS..]
            .iter()
            .find(|secret| rows.contains(**secret));
        if let Some(secret) = learnt {
            return Err(format!("the owner reads {secret}"));
        }
        match crashed() {
            true => Err("a process of the server crashed".to_owned()),
            false => Ok(()),
        }
    }

    /// How often code of the owner's ran.
    pub fn times_run(&mut self) -> i64 {
        self.superuser
            .number("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM traps.ran")
    }

    /// Has the owner do what the attack is; from now on his code does what the attack's payload says.
    pub fn arm(&mut self, attack: &Attack) {
        let payload = &attack.payload;
        self.owner.run(&format!(
            "CREATE OR REPLACE FUNCTION m.payload() RETURNS void LANGUAGE plpgsql AS
                 $payload$ BEGIN PERFORM m.trap(); {payload} END $payload$"
        ));
        // His own code may stop him.
        if let Err(error) = self.owner.batch_execute(&attack.sql) {
            assert!(attack.runs_code, "{}: {error:?}", attack.name);
        }
    }

    /// Calls may take as long as they need.
    pub fn take_time(&mut self) {
        self.superuser.run("SET statement_timeout = 0");
        self.note_state();
    }

    /// Sets the administrator's own path, which is no doing of the owner's.
    pub fn set_callers_path(&mut self, path: &str) {
        self.superuser.run(&format!("SET search_path = {path}"));
        self.note_state();
    }

    /// Takes everything away that is the owner's but for the traps, and whatever was made of it.
    pub fn clear(&mut self) {
        // Nothing of the owner's is run by this.
        self.superuser.run(
            "SET session_replication_role = replica;
             DELETE FROM phone_crypt.jobs;
             DELETE FROM phone_crypt.pinned_keys;
             RESET session_replication_role;
             DROP SCHEMA IF EXISTS own, mine CASCADE;
             ALTER SEQUENCE traps.ran RESTART",
        );
        self.owner.run("DISCARD ALL");
        self.owner
            .run("SET statement_timeout = '300ms'; CREATE SCHEMA own");
        self.owner.run(traps::PAYLOAD);
    }
}

/// What an answer must never be: a fault of ours, or one that shows what it should not.
fn judge(
    answer: Result<Vec<String>, Refusal>,
    raised: Option<&str>,
    hides: Hides,
) -> Result<(), String> {
    let Err(refusal) = answer else { return Ok(()) };
    let is_fault = refusal.sqlstate.starts_with("XX") && raised != Some(&refusal.sqlstate);
    let secrets = match hides {
        Hides::Numbers => &SECRETS[..],
        Hides::Keys => &SECRETS[NUMBERS..],
    };
    let shown = secrets
        .iter()
        .any(|secret| refusal.everything.contains(secret));
    match is_fault || shown {
        true => Err(format!("{refusal:?}")),
        false => Ok(()),
    }
}

/// Whether a process of the server has ended as none should. What was looked at before is not looked at again.
fn crashed() -> bool {
    static SEEN: Mutex<Option<LogMark>> = Mutex::new(None);
    let mut seen = SEEN.lock().unwrap_or_else(PoisonError::into_inner);
    let now = SERVER.log_mark();
    let log = match *seen {
        Some(mark) => SERVER.log_since(mark),
        None => SERVER.log(),
    };
    let crashed = ["was terminated by signal", "PANIC: ", "TRAP: "]
        .iter()
        .any(|sign| log.contains(sign));
    // What says that one crashed stays to be seen, and so does a line that is still being written.
    if !crashed && log.ends_with('\n') {
        *seen = Some(now);
    }
    crashed
}
