//! What is wrong with the keys in use, and with where they are kept. Nothing of a key is told, nor its length.

use std::ffi::OsStr;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use phone_crypt_core::crypto::Environment;

use super::ring;
use super::source::Source;
use crate::keys::error::Result;
use crate::settings;

/// A key as it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyForm {
    /// Whether it is the one that encrypts.
    pub is_primary: bool,
    /// Whether it has 64 hexadecimal digits, as random bytes do.
    pub is_hex: bool,
    /// Whether production takes it.
    pub is_strong: bool,
}

/// Every key that this session has, the primary first, and where they came from.
///
/// Errors: as [`ring::configured`].
pub fn forms() -> Result<(Source, Vec<KeyForm>)> {
    let ring = ring::configured()?;
    let forms = ring
        .keys()
        .texts()
        .enumerate()
        .map(|(index, text)| KeyForm {
            is_primary: index == 0,
            is_hex: text.decoded().is_some(),
            is_strong: text.check_strength(Environment::Production).is_ok(),
        });
    Ok((ring.source(), forms.collect()))
}

/// The file of `key_file`, whether it can be used or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyFile {
    /// Whether users other than its owner and its group may read it.
    pub is_world_readable: bool,
    /// Whether it is in the data directory, and so in every base backup.
    pub is_in_data_directory: bool,
}

/// None where the setting is empty, or there is no such file.
pub fn key_file() -> Option<KeyFile> {
    let path = settings::key_file()?;
    let metadata = std::fs::metadata(&path).ok()?;
    Some(KeyFile {
        is_world_readable: metadata.mode() & 0o004 != 0,
        is_in_data_directory: is_in_data_directory(&path),
    })
}

/// A server's processes work in the data directory. A link there leads out of it: backups have the link.
fn is_in_data_directory(path: &OsStr) -> bool {
    let resolved = |path: &Path| std::fs::canonicalize(path).ok();
    match (resolved(Path::new(path)), resolved(Path::new("."))) {
        (Some(file), Some(directory)) => file.starts_with(directory),
        _ => false,
    }
}
