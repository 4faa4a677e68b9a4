//! Verifying proofs: all that it takes are hashes that somebody else has kept.

use super::tree_hash::{Hash, node_hash};

/// Whether the proof leads from the leaf `index` to the root of the tree of `size` leaves.
#[must_use]
pub fn verify_inclusion(leaf: &Hash, index: u64, size: u64, proof: &[Hash], root: &Hash) -> bool {
    if index >= size {
        return false;
    }
    let mut proof = proof.iter();
    let mut node = *leaf;
    // Where on its level the node is, and the last node there.
    let (mut at, mut last) = (index, size - 1);
    while last > 0 {
        if at % 2 == 1 {
            let Some(left) = proof.next() else {
                return false;
            };
            node = node_hash(left, &node);
        } else if at < last {
            let Some(right) = proof.next() else {
                return false;
            };
            node = node_hash(&node, right);
        }
        // Without a sibling it is also its own parent.
        (at, last) = (at / 2, last / 2);
    }
    proof.next().is_none() && node == *root
}

/// Whether the proof shows that the tree of `old` leaves, whose root is `old_root`, is the beginning of that of `size` leaves.
#[must_use]
pub fn verify_consistency(
    old: u64,
    old_root: &Hash,
    size: u64,
    root: &Hash,
    proof: &[Hash],
) -> bool {
    if old > size {
        return false;
    }
    if old == size {
        return proof.is_empty() && old_root == root;
    }
    if old == 0 {
        return proof.is_empty() && *old_root == super::tree_hash::EMPTY_ROOT;
    }
    // Up to where the old tree's last full subtree is, both trees are the same.
    let full = old.trailing_zeros();
    let (mut at, mut last) = ((old - 1) >> full, (size - 1) >> full);
    let mut proof = proof.iter();
    let start = match at {
        // The old tree is one full subtree, which the verifier has.
        0 => Some(old_root),
        _ => proof.next(),
    };
    let Some(start) = start else { return false };
    let (mut of_old, mut of_new) = (*start, *start);
    while last > 0 {
        if at % 2 == 1 {
            let Some(left) = proof.next() else {
                return false;
            };
            of_old = node_hash(left, &of_old);
            of_new = node_hash(left, &of_new);
        } else if at < last {
            let Some(right) = proof.next() else {
                return false;
            };
            of_new = node_hash(&of_new, right);
        }
        (at, last) = (at / 2, last / 2);
    }
    proof.next().is_none() && of_old == *old_root && of_new == *root
}
