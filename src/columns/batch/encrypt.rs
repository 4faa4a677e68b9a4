//! Plain text that is not encrypted yet.

use phone_crypt_core::crypto::Kind;
use std::rc::Rc;

use super::conversion::{Change, Conversion, Row, Values};
use super::counts::Counts;
use super::duplicates;
use super::leaf::{Leaf, quoted};
use crate::columns::convert::{self, Reading, Stored};
use crate::columns::registry::Column;
use crate::error::Result;

/// Makes encrypted values, hashes and originals of plain texts.
pub struct Encrypt {
    column: Rc<Column>,
    /// Whether the hash is left out: another row has it.
    is_duplicate: bool,
    /// Each row's plain text and context, in the order of the changes.
    originals: Vec<(String, String)>,
}

impl Encrypt {
    /// For rows whose hash is free, or for such as are known to repeat one.
    pub fn new(column: Rc<Column>, is_duplicate: bool) -> Encrypt {
        Encrypt {
            column,
            is_duplicate,
            originals: Vec::new(),
        }
    }

    /// What tells a row that repeats a number from the one that has its hash is how it was written.
    fn keep_originals_of_duplicates(&self, changes: &mut [Change]) -> Result<()> {
        if self.column.raw.is_none() {
            return Ok(());
        }
        for (change, (plain, context)) in changes.iter_mut().zip(&self.originals) {
            let is_duplicate = change.values[0].is_some() && change.values[1].is_none();
            if let Some(raw @ None) = change.values.last_mut()
                && is_duplicate
            {
                let value = convert::encrypt(Kind::Text, plain.as_bytes(), context.as_bytes())?;
                *raw = Some(value);
            }
        }
        Ok(())
    }
}

impl Conversion for Encrypt {
    fn reads(&self) -> Vec<String> {
        let mut reads = vec![self.column.name.clone()];
        reads.extend(self.column.context_column.clone());
        reads
    }

    fn condition(&self) -> String {
        let mut condition = format!(
            "t.{} IS NOT NULL AND t.{} IS NULL",
            quoted(&self.column.name),
            quoted(&self.column.encrypted)
        );
        if let Some(raw) = &self.column.raw {
            condition.push_str(&format!(" AND t.{} IS NULL", quoted(raw)));
        }
        condition
    }

    fn writes(&self) -> Vec<String> {
        stored_columns(&self.column)
    }

    fn convert(&mut self, row: &Row<'_>, counts: &mut Counts) -> Result<Option<Values>> {
        let Some(plain) = row.text(0) else {
            return Ok(None);
        };
        let plain = plain.exact()?;
        let context = row.context(&self.column, 1)?;
        let reading = convert::read(&self.column, &plain)?;
        let mut stored = convert::store(&self.column, &plain, reading, context.as_bytes())?;
        if self.is_duplicate && reading.number().is_some() {
            stored.hashes = convert::Hashes::default();
            counts.add("duplicate");
        }
        counts.add(match reading {
            Reading::Number(_) => "encrypted",
            Reading::WithExtension(_) => "with_extension",
            Reading::WithText(_) => "with_text",
            Reading::Other => "not_a_phone_number",
        });
        self.originals.push((plain.into_owned(), context));
        Ok(Some(stored_values(&self.column, stored)))
    }

    fn before_writing(
        &mut self,
        leaf: &Leaf,
        changes: &mut Vec<Change>,
        counts: &mut Counts,
        looks_up: bool,
    ) -> Result<()> {
        leave_duplicates_out(leaf, &self.column, changes, counts, looks_up);
        self.keep_originals_of_duplicates(changes)
    }
}

/// The columns of what is stored, in the order of [`stored_values`].
pub fn stored_columns(column: &Column) -> Vec<String> {
    let mut columns = vec![column.encrypted.clone(), column.hash.clone()];
    columns.extend(column.next.as_ref().map(|(name, _)| name.clone()));
    columns.extend(column.raw.clone());
    columns
}

/// What is stored, in the order of [`stored_columns`].
pub fn stored_values(column: &Column, stored: Stored) -> Values {
    let hash = |hash: Option<convert::Hash>| hash.map(|hash| hash.to_vec());
    let mut values = vec![stored.encrypted, hash(stored.hashes.present)];
    if column.next.is_some() {
        values.push(hash(stored.hashes.next));
    }
    if column.raw.is_some() {
        values.push(stored.raw);
    }
    values
}

/// Takes the hashes from rows whose number another row has, where the hash is unique: another row of the batch, or
/// with `looks_up` any of the table.
pub fn leave_duplicates_out(
    leaf: &Leaf,
    column: &Column,
    changes: &mut [Change],
    counts: &mut Counts,
    looks_up: bool,
) {
    let next = column.next.as_ref().map(|_| 2);
    duplicates::leave_out(leaf, &column.hash, 1, next, changes, counts, looks_up);
}
