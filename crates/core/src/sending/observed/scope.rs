//! Whose counts they are.

/// A policy of a database. All zeroes: nobody's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, PartialOrd, Ord)]
#[repr(C)]
pub struct Scope {
    /// The database, and its table of policies.
    pub owner: u64,
    /// The policy's space, or its trial's.
    pub space: i64,
}

impl Scope {
    /// A number that differs between scopes and names, almost always.
    pub(super) fn mixed(self, name: u64) -> u64 {
        mix(mix(self.owner ^ mix(self.space.cast_unsigned())) ^ name)
    }
}

/// A number below `count`, which each of as many mixed numbers has as often: a multiplication, where a remainder takes a division.
pub(super) fn share(mixed: u64, count: usize) -> usize {
    ((u128::from(mixed) * count as u128) >> 64) as usize
}

/// The finaliser of SplitMix64: each bit of the answer depends on each of the number.
pub(super) fn mix(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}
