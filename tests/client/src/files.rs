//! Files that a server reads: whose they are and who may read them decides what it makes of them.

use std::fs::Permissions;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};

use crate::server::Server;

/// Who owns a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// The user that the server runs as.
    Server,
    /// Root, with the server's group. Needs root.
    Root,
    /// Some other user. Needs root.
    Stranger,
}

/// A user id that neither root nor a server has.
const STRANGER_UID: u32 = 65_533;

/// Whether the tests run as root, and so may give files away and make namespaces.
pub fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|itself| itself.uid() == 0)
}

impl Server {
    /// Writes a file into the server's directory, the server's own and readable by nobody else.
    pub fn write_file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        self.write_file_as(name, content, Owner::Server, 0o600)
    }

    /// Writes a file into the server's directory, with an owner and a mode.
    pub fn write_file_as(
        &self,
        name: &str,
        content: impl AsRef<[u8]>,
        owner: Owner,
        mode: u32,
    ) -> PathBuf {
        let path = self.path(name);
        let _ = std::fs::remove_file(&path);
        std::fs::write(&path, content).unwrap();
        self.give(&path, owner, mode);
        path
    }

    /// Sets the owner and the mode of a file.
    pub fn give(&self, path: &Path, owner: Owner, mode: u32) {
        let data = std::fs::metadata(self.path("data")).unwrap();
        let uid = match owner {
            Owner::Server => data.uid(),
            Owner::Root => 0,
            Owner::Stranger => STRANGER_UID,
        };
        chown(path, Some(uid), Some(data.gid())).unwrap();
        std::fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    }

    /// Writes the file that the server's configuration ends with: it takes effect with the next reload
    /// or restart, and replaces what an earlier call wrote.
    pub fn write_conf(&self, lines: &str) {
        self.write_file("data/test.conf", lines);
    }
}
