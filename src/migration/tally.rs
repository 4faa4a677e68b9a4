//! What a batch did, in numbers.

/// Counts of rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
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

impl Tally {
    /// What was done, as a JSON object of counts by name.
    pub fn done_json(&self) -> String {
        format!(
            r#"{{"converted":{},"moved":{},"expired":{},"merged":{},"repaired":{}}}"#,
            self.converted, self.moved, self.expired, self.merged, self.repaired
        )
    }

    /// What was left, as a JSON object of counts by name.
    pub fn left_json(&self) -> String {
        format!(
            r#"{{"left_naive":{},"left_not_a_phone_number":{},"left_key_length":{}}}"#,
            self.left_naive, self.left_not_a_phone_number, self.left_key_length
        )
    }
}
