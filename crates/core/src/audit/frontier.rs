//! The tree of a log that grows: the roots of its full subtrees are all that the next leaf needs.

use super::tree_hash::{EMPTY_ROOT, HASH, Hash, node_hash};

/// The size of a tree and the roots of its full subtrees, the largest first: one for each bit of the size.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Frontier {
    size: u64,
    peaks: Vec<Hash>,
}

/// The stored bytes are not those of a tree of that size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("these are not the peaks of a tree of that size")]
pub struct FrontierError;

impl Frontier {
    /// Reads what [`Frontier::peaks`] gave.
    ///
    /// # Errors
    /// Another number of bytes than the size has peaks.
    pub fn of(size: u64, peaks: &[u8]) -> Result<Frontier, FrontierError> {
        let (peaks, rest) = peaks.as_chunks::<HASH>();
        match rest.is_empty() && peaks.len() == size.count_ones() as usize {
            true => Ok(Frontier {
                size,
                peaks: peaks.to_vec(),
            }),
            false => Err(FrontierError),
        }
    }

    /// The number of leaves.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The roots of the full subtrees, one after the other.
    #[must_use]
    pub fn peaks(&self) -> Vec<u8> {
        self.peaks.concat()
    }

    /// Adds a leaf.
    pub fn push(&mut self, leaf: Hash) {
        let mut node = leaf;
        // Each full subtree of the same size as the new one makes it twice as large.
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.peaks.pop() {
                node = node_hash(&left, &node);
            }
        }
        self.peaks.push(node);
        self.size += 1;
    }

    /// The root of the tree.
    #[must_use]
    pub fn root(&self) -> Hash {
        let peaks = self.peaks.iter().rev().copied();
        peaks
            .reduce(|right, left| node_hash(&left, &right))
            .unwrap_or(EMPTY_ROOT)
    }
}
