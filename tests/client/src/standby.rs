//! A hot standby of a server, and its promotion.

use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::process::Command;

use crate::command::finish;
use crate::server::Server;
use crate::session::{Sql, wait_until};
use crate::start::{guard, new_dir};

impl Server {
    /// Starts a hot standby that streams from this server, with the same configuration and these lines after it.
    pub fn standby(&self, conf: &str) -> Server {
        let dir = new_dir();
        std::fs::create_dir(&dir).unwrap();
        std::fs::set_permissions(&dir, std::fs::Permissions::from_mode(0o700)).unwrap();
        let data = std::fs::metadata(self.path("data")).unwrap();
        chown(&dir, Some(data.uid()), Some(data.gid())).unwrap();
        std::fs::copy(self.path("bindir"), dir.join("bindir")).unwrap();

        finish(self.base_backup().arg("-D").arg(dir.join("data"))).output();
        let guard = guard(&dir);
        let standby = Server::in_dir(dir, guard);
        standby.write_file("data/standby.signal", "");
        standby.write_conf(&format!("{}{conf}", self.standby_conf(&standby)));
        standby.start_again();
        standby
    }

    /// Waits until this standby has replayed all that the primary has written so far.
    pub fn wait_for_replay_of(&self, primary: &Server) {
        let written = primary
            .connect()
            .text("SELECT pg_current_wal_flush_lsn()::text", &[]);
        let mut session = self.connect();
        wait_until("the standby has caught up", || {
            let sql = "SELECT (pg_last_wal_replay_lsn() >= $1::text::pg_lsn)::text";
            session.text(sql, &[&written]) == "true"
        });
    }

    /// Promotes this standby and waits until it takes writes.
    pub fn promote(&self) {
        let promoted = self.connect().text("SELECT pg_promote()::text", &[]);
        assert_eq!(promoted, "true");
    }

    /// Not left to pg_basebackup: what it writes there may be too new for the libpq that the server finds.
    fn standby_conf(&self, standby: &Server) -> String {
        format!(
            "unix_socket_directories = '{}'\nprimary_conninfo = 'host={} port={} user=postgres'\n",
            standby.path("").display(),
            self.path("").display(),
            self.port()
        )
    }

    fn base_backup(&self) -> Command {
        let mut command = self.as_its_user(&self.program("pg_basebackup"));
        command
            .args(["--checkpoint=fast", "--wal-method=stream", "--no-sync"])
            .args(["--username=postgres", "--host"])
            .arg(self.path(""))
            .args(["--port", &self.port().to_string()]);
        command
    }
}
