//! The key file: one key a line, guarded as PostgreSQL guards `ssl_key_file`.

use phone_crypt_core::crypto::{KeyText, parse_key_lines};
use std::ffi::OsStr;
use std::fs::{File, Metadata};
use std::io::Read;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;
use zeroize::Zeroizing;

use crate::keys::error::{Error, Result};

/// More than any number of keys needs; a mistyped path must not fill the memory.
const MAX_BYTES: u64 = 64 * 1024;

/// No key is shorter.
const SHORTEST_KEY: usize = 32;

/// Reads the keys, the primary first. A relative path is relative to the data directory.
///
/// Errors (55000): unreadable; not a regular file; owned by someone else than the server's user or root;
/// readable by the group (unless root owns it) or by others; no key in it. A malformed key: 22023.
pub fn read(path: &OsStr) -> Result<Vec<KeyText>> {
    let refused =
        |why: String| Error::KeySource(format!("phone_crypt.key_file: {} {why}", shown(path)));
    let file = std::fs::OpenOptions::new()
        .read(true)
        // Opening a FIFO must not hang a backend.
        .custom_flags(libc::O_NONBLOCK)
        .open(path)
        .map_err(|error| refused(format!("could not be opened: {}", reason(&error))))?;
    let metadata = file
        .metadata()
        .map_err(|error| refused(format!("could not be examined: {}", reason(&error))))?;
    check_permissions(&metadata).map_err(refused)?;
    let text = read_text(file, metadata.len()).map_err(refused)?;
    let keys = parse_key_lines(&text).map_err(|source| Error::Key {
        origin: "phone_crypt.key_file",
        source,
    })?;
    if keys.is_empty() {
        return Err(refused("contains no key".to_owned()));
    }
    Ok(keys)
}

/// The path, for a message; not where somebody may have put the key itself there.
fn shown(path: &OsStr) -> String {
    let is_key = path.len() >= SHORTEST_KEY && !is_in_directory(Path::new(path));
    match is_key {
        true => "the file".to_owned(),
        false => format!("\"{}\"", path.to_string_lossy()),
    }
}

/// Whether a directory that exists stands in the path.
fn is_in_directory(path: &Path) -> bool {
    path.ancestors()
        .skip(1)
        .any(|parent| parent.parent().is_some() && parent.is_dir())
}

/// The system's words, without the number that Rust puts after them.
fn reason(error: &std::io::Error) -> String {
    let text = error.to_string();
    match text.split_once(" (os error") {
        Some((words, _)) => words.to_owned(),
        None => text,
    }
}

/// What is wrong with the file.
fn check_permissions(metadata: &Metadata) -> std::result::Result<(), String> {
    if !metadata.is_file() || metadata.len() > MAX_BYTES {
        return Err("is not a regular file of reasonable size".to_owned());
    }
    // The server's processes work in the data directory, which PostgreSQL insists is the server user's own.
    let server_uid = std::fs::metadata(".")
        .map_err(|error| format!("could not be examined: {}", reason(&error)))?
        .uid();
    let forbidden = match metadata.uid() {
        0 => 0o037,
        uid if uid == server_uid => 0o077,
        _ => {
            return Err("must be owned by the server's user or by root".to_owned());
        }
    };
    if metadata.mode() & forbidden != 0 {
        return Err("has group or world access; it must be 0600 or less if the server's user owns it, or 0640 or less if root does".to_owned());
    }
    Ok(())
}

fn read_text(file: File, length: u64) -> std::result::Result<Zeroizing<String>, String> {
    // Room for the whole file at once: growing would leave copies of the keys behind. No more than that, since
    // all of it is wiped in the end.
    let length = usize::try_from(length.min(MAX_BYTES)).unwrap_or_default();
    let mut text = Zeroizing::new(String::with_capacity(length + 1));
    file.take(MAX_BYTES)
        .read_to_string(&mut text)
        .map_err(|error| format!("could not be read: {}", reason(&error)))?;
    Ok(text)
}
