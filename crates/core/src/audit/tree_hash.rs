//! The hashes of the tree (RFC 6962 §2.1): the first byte tells a leaf from a node, so that neither passes for the other.

use sha2::{Digest, Sha256};

/// Bytes of a hash.
pub const HASH: usize = 32;

/// The hash of a leaf or a node.
pub type Hash = [u8; HASH];

/// The root of a tree without leaves: the SHA-256 of nothing.
pub const EMPTY_ROOT: Hash = [
    0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24,
    0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
];

/// The hash of a leaf: of 00 and the record.
#[must_use]
pub fn leaf_hash(record: &[u8]) -> Hash {
    let hash = Sha256::new().chain_update([0]).chain_update(record);
    hash.finalize().into()
}

/// The hash of a node: of 01 and its two children.
#[must_use]
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    let hash = Sha256::new().chain_update([1]);
    hash.chain_update(left)
        .chain_update(right)
        .finalize()
        .into()
}
