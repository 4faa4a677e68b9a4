//! A live server and what can be done to it.

use postgres::{Client, NoTls};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::command::finish;
use crate::session::{Notices, Sql, wait_until};
use crate::start::{self, PRELOADED, Setup, script};

/// A throw-away server. It is stopped and removed when dropped, or when the process ends.
#[derive(Debug)]
pub struct Server {
    dir: PathBuf,
    guard: Child,
    /// Whether there is a database with the extension to copy.
    with_extension: OnceLock<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        let _ = self.guard.wait();
    }
}

impl Server {
    /// Starts one with the library preloaded and these lines of configuration.
    pub fn preloaded(conf: &str) -> Server {
        Server::start(&Setup {
            conf: &format!("{PRELOADED}{conf}"),
            ..Setup::default()
        })
    }

    /// Starts one with exactly this set-up.
    pub fn start(setup: &Setup<'_>) -> Server {
        let dir = start::start(setup);
        let guard = start::guard(&dir);
        let server = Server::in_dir(dir, guard);
        server.write_conf("");
        server
    }

    /// The one whose directory this is, and the process that removes it.
    pub(crate) fn in_dir(dir: PathBuf, guard: Child) -> Server {
        Server {
            dir,
            guard,
            with_extension: OnceLock::new(),
        }
    }

    /// A path in the server's directory (`data`, `log`, …).
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    /// A program of this server's installation.
    pub fn program(&self, name: &str) -> PathBuf {
        let bindir = std::fs::read_to_string(self.path("bindir")).unwrap();
        Path::new(bindir.trim()).join(name)
    }

    /// The process id of the postmaster.
    pub fn postmaster_pid(&self) -> String {
        let file = std::fs::read_to_string(self.path("data/postmaster.pid")).unwrap();
        file.lines().next().unwrap().to_owned()
    }

    /// The port of its socket and, where it listens on any address, of TCP.
    pub fn port(&self) -> u16 {
        let file = std::fs::read_to_string(self.path("data/postmaster.pid")).unwrap();
        file.lines().nth(3).unwrap().trim().parse().unwrap()
    }

    /// The major version: 14, 15, ….
    pub fn major(&self) -> u32 {
        let version = std::fs::read_to_string(self.path("data/PG_VERSION")).unwrap();
        version.trim().parse().unwrap()
    }

    /// A session of the superuser in database `postgres`.
    pub fn connect(&self) -> Client {
        self.connect_as("postgres", "postgres")
    }

    /// A session of a role in a database.
    pub fn connect_as(&self, role: &str, database: &str) -> Client {
        self.connect_noting(role, database).0
    }

    /// The same, and the notices it receives.
    pub fn connect_noting(&self, role: &str, database: &str) -> (Client, Notices) {
        let notices = Notices::default();
        let sink = notices.clone();
        let client = postgres::Config::new()
            .host_path(&self.dir)
            .port(self.port())
            .user(role)
            .dbname(database)
            .notice_callback(move |notice| sink.add(&notice))
            .connect(NoTls)
            .unwrap_or_else(|error| panic!("connecting as {role} to {database}: {error:?}"));
        (client, notices)
    }

    /// A superuser's session with options of the connection, such as `-c phone_crypt.hash_scheme=raw`.
    pub fn connect_with_options(&self, database: &str, options: &str) -> Client {
        let mut config = postgres::Config::new();
        config.host_path(&self.dir).port(self.port());
        config.user("postgres").dbname(database).options(options);
        config.connect(NoTls).unwrap()
    }

    /// A new database with the extension; its name.
    pub fn database(&self) -> String {
        // A copy takes less time than the install script.
        self.with_extension.get_or_init(|| {
            self.connect().run("CREATE DATABASE with_extension");
            self.connect_as("postgres", "with_extension")
                .run("CREATE EXTENSION phone_crypt");
        });
        self.copy_of("with_extension")
    }

    /// A new database without it; its name.
    pub fn empty_database(&self) -> String {
        self.copy_of("template1")
    }

    fn copy_of(&self, template: &str) -> String {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("db{}", COUNT.fetch_add(1, Ordering::Relaxed));
        // Copied by way of the write-ahead log it takes twice as long.
        let strategy = match self.major() {
            14 => "",
            _ => "STRATEGY file_copy",
        };
        self.connect().run(&format!(
            "CREATE DATABASE {name} TEMPLATE {template} {strategy}"
        ));
        name
    }

    /// A new database with the extension, and a superuser's session in it.
    pub fn session(&self) -> Client {
        self.connect_as("postgres", &self.database())
    }

    /// Has the postmaster read its configuration again and waits until new sessions see that. Sessions that
    /// are there already read it between two statements: see `wait_for_reload`, which takes what this returns.
    pub fn reload(&self) -> String {
        let before = self.connect().text("SELECT clock_timestamp()::text", &[]);
        self.connect().run("SELECT pg_reload_conf()");
        wait_until("the postmaster has reloaded", || {
            let sql = "SELECT (pg_conf_load_time() > $1::text::timestamptz)::text";
            self.connect().text(sql, &[&before]) == "true"
        });
        before
    }

    /// Restarts it, with nothing new in its environment.
    pub fn restart(&self) {
        self.restart_with(&[]);
    }

    /// Restarts it with variables in its environment.
    pub fn restart_with(&self, environment: &[(&str, &str)]) {
        let mut command = Command::new(script("server"));
        command
            .arg("restart")
            .arg(&self.dir)
            .env_remove("PHONE_ENCRYPTION_KEY");
        finish(command.envs(environment.iter().copied())).output();
    }
}
