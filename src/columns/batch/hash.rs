//! Values of today that have no hash: an application may have written them before their column was registered.

use std::rc::Rc;

use super::conversion::{Change, Conversion, Row, Values};
use super::counts::Counts;
use super::duplicates;
use super::leaf::{Leaf, quoted};
use crate::columns::convert;
use crate::columns::registry::Column;
use crate::error::Result;

/// Fills the hash, except where another row has it.
pub struct Hash {
    column: Rc<Column>,
    is_duplicate: bool,
}

impl Hash {
    /// For rows whose hash is free, or for such as are known to repeat one.
    pub fn new(column: Rc<Column>, is_duplicate: bool) -> Hash {
        Hash {
            column,
            is_duplicate,
        }
    }
}

impl Conversion for Hash {
    fn reads(&self) -> Vec<String> {
        let mut reads = vec![self.column.encrypted.clone()];
        reads.extend(self.column.context_column.clone());
        reads
    }

    fn condition(&self) -> String {
        format!(
            "t.{} IS NOT NULL AND t.{} IS NULL",
            quoted(&self.column.encrypted),
            quoted(&self.column.hash)
        )
    }

    fn writes(&self) -> Vec<String> {
        let mut writes = vec![self.column.hash.clone()];
        writes.extend(self.column.next.as_ref().map(|(name, _)| name.clone()));
        writes
    }

    fn convert(&mut self, row: &Row<'_>, counts: &mut Counts) -> Result<Option<Values>> {
        let Some(encrypted) = row.text(0) else {
            return Ok(None);
        };
        if self.is_duplicate {
            counts.add("left_without_hash");
            return Ok(None);
        }
        let context = row.context(&self.column, 1)?;
        let hashes = convert::with_number(encrypted.bytes(), &context, |number| {
            convert::hashes(&self.column, number)
        });
        match hashes {
            Ok(hashes) => {
                let text = |hash: Option<convert::Hash>| hash.map(|hash| hash.to_vec());
                let mut values = vec![text(hashes.present)];
                values.extend(self.column.next.as_ref().map(|_| text(hashes.next)));
                Ok(Some(values))
            }
            Err(error) if error.is_fault_of_the_value() => {
                counts.add("left_without_hash");
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
        _looks_up: bool,
    ) -> Result<()> {
        // Counted under a name of its own below.
        let mut repeated = Counts::default();
        let next = self.column.next.as_ref().map(|_| 1);
        // Most rows that have no hash are such as repeat one, so looking up is worth while.
        let hash = &self.column.hash;
        duplicates::leave_out(leaf, hash, 0, next, changes, &mut repeated, true);
        changes.retain(|change| {
            let is_free = change.values[0].is_some();
            counts.add(match is_free {
                true => "hashed",
                false => "left_without_hash",
            });
            is_free
        });
        Ok(())
    }
}
