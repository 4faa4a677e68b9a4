//! Stopping a server in each of the ways there are, and starting it again.

use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::Duration;

use crate::command::finish;
use crate::server::Server;
use crate::session::{Sql, wait_until};

impl Server {
    /// Stops it as `pg_ctl stop -m` does: `smart`, `fast` or `immediate`.
    pub fn stop(&self, mode: &str) {
        finish(&mut self.pg_ctl(&["stop", "-m", mode])).output();
    }

    /// Starts it after it was stopped or killed.
    pub fn start_again(&self) {
        finish(&mut self.pg_ctl(&["start"])).output();
    }

    /// Kills the postmaster the hard way, which ends every other process of the server, and starts it again.
    pub fn crash_whole(&self) {
        kill_hard(&[&self.postmaster_pid()]);
        self.start_after_crash();
    }

    fn start_after_crash(&self) {
        // It cannot start while a process of the old one still holds on to the shared memory.
        wait_until("the server starts again", || {
            finish(&mut self.pg_ctl(&["start"])).succeeded
        });
    }

    /// The same at the very moment at which a process is at work: one that is busy does not notice that the
    /// postmaster is gone, and would go on to the end of its statement.
    pub fn crash_whole_at_work(&self, pid: i64) {
        let pids = [self.postmaster_pid(), pid.to_string()];
        // The process may have come to its end by itself.
        finish(Command::new("kill").arg("-9").args(pids));
        self.start_after_crash();
    }

    /// Kills a backend the hard way, which makes the postmaster start all over, and waits until it has.
    pub fn crash(&self) {
        let mut victim = self.connect();
        let pid = victim.number("pg_backend_pid()");
        self.crash_by(pid);
    }

    /// The same with a certain process.
    pub fn crash_by(&self, pid: i64) {
        let mark = self.log_mark();
        kill_hard(&[&pid.to_string()]);
        self.wait_for_log(mark, "database system is ready to accept connections");
    }

    /// Runs a statement, and after so long kills the backend at work, or the whole server. Whether it was still at work.
    pub fn call_and_crash(&self, database: &str, call: &str, after: Duration, whole: bool) -> bool {
        let mut client = self.connect_as("postgres", database);
        let pid = client.number("pg_backend_pid()");
        thread::scope(|scope| {
            let run = scope.spawn(move || client.batch_execute(call));
            thread::sleep(after);
            if run.is_finished() {
                run.join().unwrap().unwrap();
                return false;
            }
            match whole {
                true => self.crash_whole_at_work(pid),
                false => self.crash_by(pid),
            }
            run.join().unwrap().is_err()
        })
    }

    /// Restarts it with options on the postmaster's command line.
    pub fn restart_with_options(&self, options: &str) {
        finish(&mut self.pg_ctl(&["restart", "-o", options])).output();
    }

    /// Stops it, switches data checksums on or off, and starts it again.
    pub fn set_checksums(&self, on: bool) {
        self.stop("fast");
        let mut command = self.as_its_user(&self.program("pg_checksums"));
        command.arg("-D").arg(self.path("data"));
        // It fails where they are as they should be.
        finish(command.arg(if on { "--enable" } else { "--disable" }));
        self.start_again();
    }

    /// Stops it, has it forget its write-ahead log, as after that was lost, and starts it again.
    pub fn reset_wal(&self) {
        self.stop("fast");
        let mut command = self.as_its_user(&self.program("pg_resetwal"));
        finish(command.arg("-f").arg("-D").arg(self.path("data"))).output();
        self.start_again();
    }

    /// Sets how large a core file of its processes may be, for those that start from now on.
    pub fn limit_core_files(&self, bytes: u64) {
        let mut command = self.as_its_user(Path::new("prlimit"));
        command.args(["--pid", &self.postmaster_pid()]);
        finish(command.arg(format!("--core={bytes}:"))).output();
    }

    /// A command that runs `pg_ctl` on this server, and waits.
    fn pg_ctl(&self, arguments: &[&str]) -> Command {
        let mut command = self.as_its_user(&self.program("pg_ctl"));
        command.args(arguments).args(["-w", "-s", "-D"]);
        command.arg(self.path("data"));
        command.arg("-l").arg(self.path("log"));
        command
    }

    /// A command that runs a program as the user that the server runs as.
    pub(crate) fn as_its_user(&self, program: &Path) -> Command {
        if !crate::is_root() {
            return Command::new(program);
        }
        let data = std::fs::metadata(self.path("data")).unwrap();
        let mut command = Command::new("setpriv");
        command
            .args([
                format!("--reuid={}", data.uid()),
                format!("--regid={}", data.gid()),
            ])
            .arg("--clear-groups")
            .arg(program)
            .current_dir("/");
        command
    }
}

fn kill_hard(pids: &[&str]) {
    assert!(finish(Command::new("kill").arg("-9").args(pids)).succeeded);
}
