//! The coming hash of rows that have only the present one.

use std::rc::Rc;

use super::conversion::{Change, Conversion, Row, Values};
use super::counts::Counts;
use super::duplicates;
use super::leaf::{Leaf, quoted};
use crate::columns::convert;
use crate::columns::registry::Column;
use crate::error::{Error, Result};

/// Fills the column of the coming hash.
pub struct Rehash {
    column: Rc<Column>,
    next: String,
    is_duplicate: bool,
}

impl Rehash {
    /// For a column whose hash key is being changed.
    ///
    /// Errors: it is not, 55000.
    pub fn new(column: Rc<Column>, is_duplicate: bool) -> Result<Rehash> {
        let next = column.next.as_ref().map(|(name, _)| name.clone());
        Ok(Rehash {
            next: next.ok_or(Error::NotRegistered)?,
            column,
            is_duplicate,
        })
    }
}

impl Conversion for Rehash {
    fn reads(&self) -> Vec<String> {
        let mut reads = vec![self.column.encrypted.clone()];
        reads.extend(self.column.context_column.clone());
        reads
    }

    fn condition(&self) -> String {
        format!(
            "t.{} IS NULL AND t.{} IS NOT NULL AND t.{} IS NOT NULL",
            quoted(&self.next),
            quoted(&self.column.hash),
            quoted(&self.column.encrypted)
        )
    }

    fn writes(&self) -> Vec<String> {
        vec![self.next.clone(), self.column.hash.clone()]
    }

    fn convert(&mut self, row: &Row<'_>, counts: &mut Counts) -> Result<Option<Values>> {
        let Some(encrypted) = row.text(0) else {
            return Ok(None);
        };
        let context = row.context(&self.column, 1)?;
        let hashes = convert::with_number(encrypted.bytes(), &context, |number| {
            convert::hashes(&self.column, number)
        });
        match hashes {
            Ok(_) if self.is_duplicate => {
                counts.add("duplicate");
                Ok(Some(vec![None, None]))
            }
            Ok(hashes) => {
                counts.add("rehashed");
                let text = |hash: Option<convert::Hash>| hash.map(|hash| hash.to_vec());
                Ok(Some(vec![text(hashes.next), text(hashes.present)]))
            }
            Err(error) if error.is_fault_of_the_value() => {
                counts.add("left_unreadable");
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    fn before_writing(
        &mut self,
        leaf: &Leaf,
        changes: &mut Vec<Change>,
        counts: &mut Counts,
        looks_up: bool,
    ) -> Result<()> {
        duplicates::leave_out(leaf, &self.next, 0, Some(1), changes, counts, looks_up);
        Ok(())
    }
}
