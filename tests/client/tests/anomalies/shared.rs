//! A policy that is watched with windows of a second, and traffic on it.

use phone_crypt_client_tests::{Server, Sql};
use postgres::Client;
use std::sync::LazyLock;
use std::thread::sleep;
use std::time::{Duration, Instant};

pub const CONF: &str = "phone_crypt.environment = development\nphone_crypt.audit = 'all'\n";

/// Each test has a database of its own.
pub static SERVER: LazyLock<Server> = LazyLock::new(|| Server::preloaded(CONF));

/// The time from one portion of traffic to the next.
const TICK: Duration = Duration::from_millis(200);
/// Hits, or reads, of a portion: 50 a window.
pub const USUAL: u32 = 10;
/// Longer than any rise takes to be found.
const LONG: Duration = Duration::from_secs(60);

/// A database, and whoever administers it.
pub struct World {
    pub database: String,
    pub admin: Client,
}

impl World {
    pub fn new(server: &Server) -> World {
        let database = server.database();
        let admin = server.connect_as("postgres", &database);
        World { database, admin }
    }

    /// Makes the policy `p`, and watches it.
    pub fn watch(&mut self, actions: &str) {
        self.admin.run(&format!(
            "SELECT ratelimit_policy_set('p', 1000000, '1 hour');
             SELECT ratelimit_watch('p', '{{{actions}}}', \"window\" => '1 second')"
        ));
    }

    /// Runs usual traffic until everything is known well enough to be judged.
    pub fn teach(&mut self, portion: impl FnMut(&mut Client)) {
        self.run_until(portion, |admin| {
            admin.number("SELECT coalesce(min(windows), 0) FROM phone_crypt.activity_baselines")
                >= 13
        });
    }

    /// Runs traffic, a portion at a time, until something is so.
    pub fn run_until(
        &mut self,
        mut portion: impl FnMut(&mut Client),
        mut is_so: impl FnMut(&mut Client) -> bool,
    ) {
        let began = Instant::now();
        while !is_so(&mut self.admin) {
            assert!(began.elapsed() < LONG, "it never came");
            portion(&mut self.admin);
            sleep(TICK);
        }
    }

    /// Windows of a key that have taught what is usual.
    pub fn windows(&mut self, key: &str) -> i64 {
        self.admin.number(&format!(
            "SELECT windows FROM phone_crypt.activity_baselines WHERE key = '{key}'"
        ))
    }

    /// Unusual windows of a key, so far.
    pub fn unusual(&mut self, key: &str) -> i64 {
        unusual(&mut self.admin, key)
    }
}

pub fn unusual(admin: &mut Client, key: &str) -> i64 {
    admin.number(&format!(
        "SELECT coalesce(sum(windows), 0)::bigint FROM phone_crypt.anomalies WHERE coalesce(key, role, '') = '{key}'"
    ))
}

/// So many hits on a key.
pub fn hit(client: &mut Client, key: &str, times: u32) {
    client.run(&format!(
        "SELECT count(c) FROM generate_series(1, {times}) AS i, ratelimit_check('p', '{key}', i / i) AS c"
    ));
}
