//! What a batch has met, by name and number: never a value.

use std::collections::BTreeMap;
use std::fmt::Write;

/// Counts by name.
#[derive(Debug, Default)]
pub struct Counts(BTreeMap<&'static str, u64>);

impl Counts {
    /// One more of these.
    pub fn add(&mut self, name: &'static str) {
        *self.0.entry(name).or_default() += 1;
    }

    /// As a JSON object. Names are words of ours, which need no escaping.
    pub fn to_json(&self) -> String {
        let mut json = String::from("{");
        for (index, (name, count)) in self.0.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            // Writing to a string cannot fail.
            let _ = write!(json, "{comma}\"{name}\":{count}");
        }
        json.push('}');
        json
    }
}
