//! One decision, as it is recorded.

use phone_crypt_core::sending::{LineType, Reason, Warnings};

use crate::pg::TimestampTz;

/// Half a keyed hash: it names a block.
pub type Block = [u8; 16];

/// One decision. There is no number in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record {
    /// When, since PostgreSQL's epoch.
    pub at: TimestampTz,
    /// The policy, by its space.
    pub space: i32,
    /// The number's hash; none where it was no number.
    pub hash: Option<[u8; 32]>,
    /// Its block of 1,000, under a keyed hash.
    pub block: Option<Block>,
    /// Its region.
    pub region: Option<[u8; 3]>,
    /// Its sort.
    pub line_type: Option<LineType>,
    /// What the rules said.
    pub reason: Reason,
    /// What was worth knowing.
    pub warnings: Warnings,
    /// Whether the policy does no more than record.
    pub records_only: bool,
    /// Whether it went out.
    pub allowed: bool,
}

impl Record {
    /// A region's name, in as many bytes as the longest has.
    pub fn packed_region(name: &str) -> [u8; 3] {
        let mut packed = [0; 3];
        for (place, byte) in packed.iter_mut().zip(name.bytes()) {
            *place = byte;
        }
        packed
    }

    /// The region's name.
    pub fn region_name(&self) -> Option<String> {
        let packed = self.region?;
        let name = packed.iter().filter(|byte| **byte != 0);
        Some(name.map(|byte| char::from(*byte)).collect())
    }
}
