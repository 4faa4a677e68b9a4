//! What a batch did, in numbers.

use serde_json::Value;

/// Counts of rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Rows of phones that are now counted under a hash.
    pub converted: u64,
    /// Rows whose counts are now the engine's.
    pub moved: u64,
    /// Rows whose window was over, deleted.
    pub expired: u64,
    /// Rows that went away because another has their count now.
    pub merged: u64,
    /// Numbers that `+1` had been glued to.
    pub repaired: u64,
    /// Rows left as they are: `+1` before what is no valid number.
    pub left_naive: u64,
    /// Rows left as they are: no phone number.
    pub left_not_a_phone_number: u64,
    /// Rows left as they are: their key is empty, or longer than the engine takes.
    pub left_key_length: u64,
}

impl Counts {
    /// Rows that are not what they were.
    pub fn changed(&self) -> i64 {
        let changed = self.converted + self.moved + self.expired;
        i64::try_from(changed).unwrap_or(i64::MAX)
    }

    /// The counts that are not 0, by name.
    pub fn to_json(self) -> Value {
        let counts = [
            ("converted", self.converted),
            ("moved", self.moved),
            ("expired", self.expired),
            ("merged", self.merged),
            ("repaired", self.repaired),
            ("left_naive", self.left_naive),
            ("left_not_a_phone_number", self.left_not_a_phone_number),
            ("left_key_length", self.left_key_length),
        ];
        counts.into_iter().filter(|(_, count)| *count > 0).collect()
    }
}
