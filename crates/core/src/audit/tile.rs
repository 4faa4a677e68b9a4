//! Tiles: the leaf hashes of 256 records in a row. They stay when the records are deleted, so that old proofs stay possible.

use super::frontier::Frontier;
use super::tree_hash::{HASH, Hash};

/// The leaves of a full tile.
pub const TILE: u64 = 256;

/// The leaf hashes of a tile; none where the bytes are not whole hashes, none, or too many.
#[must_use]
pub fn tile_hashes(tile: &[u8]) -> Option<&[Hash]> {
    let (hashes, rest) = tile.as_chunks::<HASH>();
    let is_tile = rest.is_empty() && (1..=TILE as usize).contains(&hashes.len());
    is_tile.then_some(hashes)
}

/// The bytes of a tile.
#[must_use]
pub fn tile_bytes(hashes: &[Hash]) -> Vec<u8> {
    hashes.concat()
}

/// The root of the subtree over a tile's leaves.
#[must_use]
pub fn tile_root(hashes: &[Hash]) -> Hash {
    let mut tree = Frontier::default();
    hashes.iter().for_each(|hash| tree.push(*hash));
    tree.root()
}
