//! A network namespace of a server's own, so that a client can have an address that is not loopback.

use std::path::Path;
use std::process::Command;

use crate::command::finish;
use crate::server::Server;

/// An address for documentation (RFC 5737): never anybody's, and not loopback.
pub const NON_LOOPBACK: &str = "192.0.2.1";

const SCRIPT: &str = "ip link set lo up && ip address add 192.0.2.1/32 dev lo && exec \"$@\"";

/// A command prefix that runs the rest in a new namespace where `NON_LOOPBACK` exists.
pub(crate) fn launcher() -> Vec<String> {
    ["unshare", "--net", "sh", "-c", SCRIPT, "sh"]
        .map(str::to_owned)
        .to_vec()
}

/// Whether this machine lets us make one: it takes root, and a container may still forbid it.
pub fn can_make_namespaces() -> bool {
    let launcher = launcher();
    let mut command = Command::new(&launcher[0]);
    command.args(&launcher[1..]).arg("true");
    Path::new("/usr/bin/unshare").exists() && finish(&mut command).succeeded
}

impl Server {
    /// A command that runs the program in the network namespace of this server.
    pub fn in_its_namespace(&self, program: &Path) -> Command {
        let mut command = Command::new("nsenter");
        command
            .arg(format!("--net=/proc/{}/ns/net", self.postmaster_pid()))
            .arg(program);
        command
    }
}
