//! Numbers that were written in two ways, in a column that was unique: only one row can have the hash.

use pgrx::IntoDatum;
use std::collections::HashSet;

use super::conversion::Change;
use super::counts::Counts;
use super::leaf::Leaf;
use crate::pg::oids;
use crate::pg::statement;
use crate::pg::text::{RawText, Text};

/// Takes the hash from changes whose number is earlier in the batch, or with `looks_up` in the table already.
/// `column` is where the hash goes, `index` its place among a change's values, `also` that of another hash of the
/// same number.
pub fn leave_out(
    leaf: &Leaf,
    column: &str,
    index: usize,
    also: Option<usize>,
    changes: &mut [Change],
    counts: &mut Counts,
    looks_up: bool,
) {
    if changes.is_empty() || !leaf.is_unique(column) {
        return;
    }
    let mut taken = match looks_up {
        true => present(leaf, column, index, changes),
        false => HashSet::new(),
    };
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

/// The hashes of these changes that the table has.
fn present(leaf: &Leaf, column: &str, index: usize, changes: &[Change]) -> HashSet<Vec<u8>> {
    let hashes: Vec<RawText> = changes
        .iter()
        .filter_map(|change| change.values[index].clone().map(RawText))
        .collect();
    let mut present = HashSet::new();
    statement::run(
        &leaf.select_present(column),
        &[(oids::TEXTARRAYOID, hashes.into_datum())],
        |row| present.extend(row.get::<Text<'_>>(1).map(|hash| hash.bytes().to_vec())),
    );
    present
}
