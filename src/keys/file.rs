//! The key file: one key a line, guarded as PostgreSQL guards `ssl_key_file`.

use phone_crypt_core::crypto::{KeyText, parse_key_lines};
use std::ffi::OsStr;
use std::fs::{File, Metadata};
use std::io::Read;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use zeroize::Zeroizing;

use crate::keys::error::{Error, Result};

/// More than any number of keys needs; a mistyped path must not fill the memory.
const MAX_BYTES: u64 = 64 * 1024;

/// Opening a FIFO must not hang a backend.
const O_NONBLOCK: i32 = 0o4000;

/// Reads the keys, the primary first. A relative path is relative to the data directory.
///
/// Errors (55000): unreadable; not a regular file; owned by someone else than the server's user or root;
/// readable by the group (unless root owns it) or by others; no key in it. A malformed key: 22023.
pub fn read(path: &OsStr) -> Result<Vec<KeyText>> {
    let file = std::fs::OpenOptions::new()
        .read(true)
        .custom_flags(O_NONBLOCK)
        .open(path)
        .map_err(|error| refused(format!("could not be opened: {}", error.kind())))?;
    let metadata = file
        .metadata()
        .map_err(|error| refused(format!("could not be examined: {}", error.kind())))?;
    check_permissions(&metadata)?;
    let text = read_text(file, metadata.len())?;
    let keys = parse_key_lines(&text).map_err(|source| Error::Key {
        origin: "phone_crypt.key_file",
        source,
    })?;
    if keys.is_empty() {
        return Err(refused("contains no key".to_owned()));
    }
    Ok(keys)
}

fn refused(why: String) -> Error {
    Error::KeySource(format!("phone_crypt.key_file: {why}"))
}

fn check_permissions(metadata: &Metadata) -> Result<()> {
    if !metadata.is_file() || metadata.len() > MAX_BYTES {
        return Err(refused(
            "is not a regular file of reasonable size".to_owned(),
        ));
    }
    // The server's processes work in the data directory, which PostgreSQL insists is the server user's own.
    let server_uid = std::fs::metadata(".")
        .map_err(|error| refused(format!("could not be examined: {}", error.kind())))?
        .uid();
    let forbidden = match metadata.uid() {
        0 => 0o037,
        uid if uid == server_uid => 0o077,
        _ => {
            return Err(refused(
                "must be owned by the server's user or by root".to_owned(),
            ));
        }
    };
    if metadata.mode() & forbidden != 0 {
        return Err(refused(
            "has group or world access; it must be 0600 or less if the server's user owns it, or 0640 or less if root does".to_owned(),
        ));
    }
    Ok(())
}

fn read_text(file: File, length: u64) -> Result<Zeroizing<String>> {
    // Room for the whole file at once: growing would leave copies of the keys behind. No more than that, since
    // all of it is wiped in the end.
    let length = usize::try_from(length.min(MAX_BYTES)).unwrap_or_default();
    let mut text = Zeroizing::new(String::with_capacity(length + 1));
    file.take(MAX_BYTES)
        .read_to_string(&mut text)
        .map_err(|error| refused(format!("could not be read: {}", error.kind())))?;
    Ok(text)
}
