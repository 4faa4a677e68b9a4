//! A filter that says of most numbers that they are not in a set: a Bloom filter whose bits of one entry lie in one cache
//! line. It is only added to, so that it never says so of one that is in the set.
//!
//! The words are whoever has them's: shared memory, in the extension. An entry is a tag of 16 bytes that is as good as
//! random (half of an HMAC-SHA-256), so its own bits choose the place; nothing is hashed.

use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes of an entry.
pub const TAG: usize = 16;

/// Words of 64 bits in a block: a cache line.
pub const BLOCK: usize = 8;

/// Bits that an entry sets in its block.
const BITS: usize = 6;

/// Bits of a number that name one of the 512 in a block.
const WIDTH: u32 = 9;

/// Words for so many entries: 16 bits each, for which at most one in 256 look-ups is a false alarm; in whole blocks, and after
/// these one that says whether there is any entry.
#[must_use]
pub fn words_for(entries: usize) -> usize {
    let blocks = entries.saturating_mul(16).div_ceil(64 * BLOCK);
    blocks
        .saturating_mul(BLOCK)
        .saturating_add(usize::from(blocks > 0))
}

/// The word that says whether there is any entry.
fn mark(words: &[AtomicU64]) -> Option<&AtomicU64> {
    words.chunks_exact(BLOCK).remainder().first()
}

/// Whether nothing was ever added: then nobody need make a tag.
#[must_use]
pub fn is_empty(words: &[AtomicU64]) -> bool {
    mark(words).is_some_and(|mark| mark.load(Ordering::Acquire) == 0)
}

/// The block of a tag, and the bits in it.
fn bits(tag: [u8; TAG], blocks: usize) -> (usize, impl Iterator<Item = (usize, u64)>) {
    let number = u128::from_le_bytes(tag);
    // The upper half chooses the block: a multiplication spreads it evenly, whatever the number of blocks.
    let upper = (number >> 64) & u128::from(u64::MAX);
    let block = usize::try_from((upper * blocks as u128) >> 64).unwrap_or(0);
    let lower = number as u64;
    let in_block = (0..BITS as u32).map(move |index| {
        let bit = (lower >> (index * WIDTH)) as usize % (64 * BLOCK);
        (bit / 64, 1 << (bit % 64))
    });
    (block, in_block)
}

fn block_of(
    words: &[AtomicU64],
    tag: [u8; TAG],
) -> Option<(&[AtomicU64], impl Iterator<Item = (usize, u64)>)> {
    let blocks = words.len() / BLOCK;
    if blocks == 0 {
        return None;
    }
    let (block, bits) = bits(tag, blocks);
    Some((words.get(block * BLOCK..)?.get(..BLOCK)?, bits))
}

/// Adds an entry.
pub fn add(words: &[AtomicU64], tag: [u8; TAG]) {
    if let Some(mark) = mark(words).filter(|mark| mark.load(Ordering::Relaxed) == 0) {
        mark.store(1, Ordering::Release);
    }
    if let Some((block, bits)) = block_of(words, tag) {
        for (word, bit) in bits {
            block[word].fetch_or(bit, Ordering::AcqRel);
        }
    }
}

/// False where an entry was never added. Without any words, always true.
#[must_use]
pub fn may_have(words: &[AtomicU64], tag: [u8; TAG]) -> bool {
    block_of(words, tag).is_none_or(|(block, mut bits)| {
        bits.all(|(word, bit)| block[word].load(Ordering::Acquire) & bit != 0)
    })
}

/// The share of look-ups of others that are false alarms, as far as the bits that are set tell: the mean over blocks of the
/// share of set bits, to the power of the bits of an entry.
#[must_use]
pub fn false_alarms(words: &[AtomicU64]) -> f64 {
    let blocks = words.chunks_exact(BLOCK);
    let count = blocks.len();
    if count == 0 {
        return 1.0;
    }
    let of_block = |block: &[AtomicU64]| {
        let set: u32 = block
            .iter()
            .map(|word| word.load(Ordering::Relaxed).count_ones())
            .sum();
        (f64::from(set) / (64 * BLOCK) as f64).powi(BITS as i32)
    };
    blocks.map(of_block).sum::<f64>() / count as f64
}
