//! A checkpoint: how large the tree of a log was, and its root then (C2SP tlog-checkpoint).

use base64ct::{Base64, Encoding};

use super::tree_hash::{HASH, Hash};

/// What a checkpoint says. Its text is what is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log it is of.
    pub origin: String,
    /// The number of leaves.
    pub size: u64,
    /// The root of their tree.
    pub root: Hash,
}

/// The text is no checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the text is no checkpoint: origin, tree size and root, a line each")]
pub struct CheckpointError;

impl Checkpoint {
    /// Its text: three lines.
    #[must_use]
    pub fn text(&self) -> String {
        let root = Base64::encode_string(&self.root);
        format!("{}\n{}\n{root}\n", self.origin, self.size)
    }

    /// Reads a checkpoint. Lines after the third say something that is not of this log's making, and are left alone.
    ///
    /// # Errors
    /// The text is none.
    pub fn parse(text: &str) -> Result<Checkpoint, CheckpointError> {
        let mut lines = text.split_terminator('\n');
        let mut line = || lines.next().ok_or(CheckpointError);
        let (origin, size, root) = (line()?, line()?, line()?);
        let is_plain = size == "0" || !size.starts_with('0');
        if origin.is_empty() || !is_plain || !size.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(CheckpointError);
        }
        let mut bytes = [0; HASH];
        let decoded = Base64::decode(root, &mut bytes).map_err(|_| CheckpointError)?;
        match decoded.len() {
            HASH => Ok(Checkpoint {
                origin: origin.to_owned(),
                size: size.parse().map_err(|_| CheckpointError)?,
                root: bytes,
            }),
            _ => Err(CheckpointError),
        }
    }
}
