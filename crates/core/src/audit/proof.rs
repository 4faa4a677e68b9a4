//! Roots and proofs of a tree whose leaf hashes are kept in tiles (RFC 6962 §2.1.1 and §2.1.2).

use super::tile::{TILE, tile_root};
use super::tree_hash::{EMPTY_ROOT, Hash, node_hash};

/// Where the leaf hashes are.
pub trait LeafHashes {
    /// Why one cannot be had.
    type Error;

    /// The leaf hashes of a tile: as many as there are.
    ///
    /// # Errors
    /// The tile cannot be had.
    fn tile(&mut self, tile: u64) -> Result<Vec<Hash>, Self::Error>;

    /// The root of a full tile.
    ///
    /// # Errors
    /// The tile cannot be had.
    fn root_of_tile(&mut self, tile: u64) -> Result<Hash, Self::Error> {
        Ok(tile_root(&self.tile(tile)?))
    }

    /// A leaf of which the tree is said to have more.
    fn missing(&self, leaf: u64) -> Self::Error;
}

/// The root of the first `size` leaves.
///
/// # Errors
/// A leaf that is missing, or cannot be had.
pub fn root<L: LeafHashes>(leaves: &mut L, size: u64) -> Result<Hash, L::Error> {
    match size {
        0 => Ok(EMPTY_ROOT),
        _ => subtree(leaves, 0, size),
    }
}

/// The proof that the leaf `index` is in the tree of the first `size` leaves: the siblings on the way to the root, from the
/// leaf upwards. `index` is below `size`.
///
/// # Errors
/// As [`root`].
pub fn inclusion_proof<L: LeafHashes>(
    leaves: &mut L,
    index: u64,
    size: u64,
) -> Result<Vec<Hash>, L::Error> {
    let mut proof = Vec::new();
    let (mut start, mut end) = (0, size);
    // From the root downwards; a proof goes upwards.
    while end - start > 1 {
        let middle = start + split(end - start);
        if index < middle {
            proof.push(subtree(leaves, middle, end)?);
            end = middle;
        } else {
            proof.push(subtree(leaves, start, middle)?);
            start = middle;
        }
    }
    proof.reverse();
    Ok(proof)
}

/// The proof that the tree of the first `old` leaves is the beginning of that of the first `size`: nothing where it is empty,
/// or the same. `old` is at most `size`.
///
/// # Errors
/// As [`root`].
pub fn consistency_proof<L: LeafHashes>(
    leaves: &mut L,
    old: u64,
    size: u64,
) -> Result<Vec<Hash>, L::Error> {
    let mut proof = Vec::new();
    if old == 0 || old == size {
        return Ok(proof);
    }
    let (mut start, mut end) = (0, size);
    // Down to the node where the old tree ends.
    while old != end {
        let middle = start + split(end - start);
        if old <= middle {
            proof.push(subtree(leaves, middle, end)?);
            end = middle;
        } else {
            proof.push(subtree(leaves, start, middle)?);
            start = middle;
        }
    }
    // The old tree itself, which the verifier knows, is left out.
    if start != 0 {
        proof.push(subtree(leaves, start, end)?);
    }
    proof.reverse();
    Ok(proof)
}

/// The largest power of two below a number of leaves, of which there are two or more.
fn split(leaves: u64) -> u64 {
    1 << (leaves - 1).ilog2()
}

/// The root of the leaves from `start` up to, and without, `end`; there is one at least.
fn subtree<L: LeafHashes>(leaves: &mut L, start: u64, end: u64) -> Result<Hash, L::Error> {
    let count = end - start;
    if count == TILE && start.is_multiple_of(TILE) {
        return leaves.root_of_tile(start / TILE);
    }
    if start / TILE == (end - 1) / TILE {
        let tile = leaves.tile(start / TILE)?;
        let (from, to) = ((start % TILE) as usize, ((end - 1) % TILE) as usize);
        return match tile.get(from..=to) {
            Some(hashes) => Ok(tile_root(hashes)),
            None => Err(leaves.missing(end - 1)),
        };
    }
    let middle = start + split(count);
    let left = subtree(leaves, start, middle)?;
    let right = subtree(leaves, middle, end)?;
    Ok(node_hash(&left, &right))
}
