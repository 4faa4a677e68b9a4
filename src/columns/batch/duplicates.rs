//! Numbers that were written in two ways, in a column that was unique: only one row can have the hash.

use pgrx::{IntoDatum, pg_sys};
use std::collections::HashSet;

use super::conversion::Change;
use super::counts::Counts;
use super::leaf::Leaf;
use crate::statement;
use crate::text::{RawText, Text};

/// Takes the hash from changes whose number is in the table already, or earlier in the batch. `column` is where
/// the hash goes, `index` its place among a change's values, `also` that of another hash of the same number.
pub fn leave_out(
    leaf: &Leaf,
    column: &str,
    index: usize,
    also: Option<usize>,
    changes: &mut [Change],
    counts: &mut Counts,
) {
    if changes.is_empty() || !leaf.is_unique(column) {
        return;
    }
    let hashes: Vec<RawText> = changes
        .iter()
        .filter_map(|change| change.values[index].clone().map(RawText))
        .collect();
    let mut taken: HashSet<Vec<u8>> = HashSet::new();
    statement::run(
        &leaf.select_present(column),
        &[(pg_sys::TEXTARRAYOID, hashes.into_datum())],
        |row| taken.extend(row.get::<Text<'_>>(1).map(|hash| hash.bytes().to_vec())),
    );
    for change in changes {
        let Some(hash) = change.values[index].clone() else {
            continue;
        };
        if !taken.insert(hash) {
            change.values[index] = None;
            if let Some(also) = also {
                change.values[also] = None;
            }
            counts.add("duplicate");
        }
    }
}
