//! Statements through psql, which speaks TLS as libpq does.

use std::process::Command;

use crate::command::{Finished, finish};
use crate::server::Server;

impl Server {
    /// Runs statements in one psql session, which prints rows unaligned and errors with their SQLSTATE, and
    /// stops at the first error. `connection` is a libpq connection string: what it does not say is the
    /// superuser in database `postgres` through the socket.
    pub fn psql(&self, connection: &str, sql: &str) -> Finished {
        self.finish_psql(Command::new(self.program("psql")), connection, sql)
    }

    /// The same with variables in psql's environment.
    pub fn psql_with(&self, environment: &[(&str, &str)], connection: &str, sql: &str) -> Finished {
        let mut command = Command::new(self.program("psql"));
        command.envs(environment.iter().copied());
        self.finish_psql(command, connection, sql)
    }

    /// The same in the network namespace of the server.
    pub fn psql_in_its_namespace(&self, connection: &str, sql: &str) -> Finished {
        self.finish_psql(
            self.in_its_namespace(&self.program("psql")),
            connection,
            sql,
        )
    }

    fn finish_psql(&self, mut command: Command, connection: &str, sql: &str) -> Finished {
        let socket = self.path("");
        let defaults = format!(
            "host={} port={} user=postgres dbname=postgres",
            socket.display(),
            self.port()
        );
        let options = [
            "-X",
            "-A",
            "-t",
            "-q",
            "-v",
            "ON_ERROR_STOP=1",
            "-v",
            "VERBOSITY=verbose",
        ];
        command
            .args(options)
            .args(["-d", &format!("{defaults} {connection}"), "-c", sql]);
        finish(&mut command)
    }
}
