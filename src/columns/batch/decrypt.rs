//! The way back: plain text from the original, or from the number where that is all there is.

use std::rc::Rc;

use super::conversion::{Conversion, Row, Values};
use super::counts::Counts;
use super::leaf::quoted;
use crate::columns::convert;
use crate::columns::registry::Column;
use crate::error::Result;
use crate::pg::text::RawText;

/// Fills the plaintext column again.
pub struct Decrypt {
    column: Rc<Column>,
    /// Whether the plaintext column is not there yet, so that rows can only be counted.
    only_counts: bool,
}

impl Decrypt {
    /// For a registered column whose plaintext column is there again, or is to be.
    pub fn new(column: Rc<Column>, only_counts: bool) -> Decrypt {
        Decrypt {
            column,
            only_counts,
        }
    }

    fn raw(&self) -> &String {
        self.column.raw.as_ref().unwrap_or(&self.column.encrypted)
    }
}

impl Conversion for Decrypt {
    fn reads(&self) -> Vec<String> {
        let mut reads = vec![self.column.encrypted.clone(), self.raw().clone()];
        reads.extend(self.column.context_column.clone());
        reads
    }

    fn condition(&self) -> String {
        let stored = format!(
            "(t.{} IS NOT NULL OR t.{} IS NOT NULL)",
            quoted(&self.column.encrypted),
            quoted(self.raw())
        );
        match self.only_counts {
            true => stored,
            false => format!("t.{} IS NULL AND {stored}", quoted(&self.column.name)),
        }
    }

    fn writes(&self) -> Vec<String> {
        vec![self.column.name.clone()]
    }

    fn convert(&mut self, row: &Row<'_>, counts: &mut Counts) -> Result<Option<Values>> {
        let context = row.context(&self.column, 2)?;
        let raw = self.column.raw.as_ref().and_then(|_| row.text(1));
        let copy = |plain: &[u8]| Ok(RawText::utf8(plain)?.0);
        let plain = match (raw, row.text(0)) {
            (Some(raw), _) => convert::with_text(raw.bytes(), &context, copy),
            (None, Some(encrypted)) => convert::with_number(encrypted.bytes(), &context, copy),
            (None, None) => return Ok(None),
        };
        match plain {
            Ok(plain) => {
                counts.add("decrypted");
                Ok(Some(vec![Some(plain)]))
            }
            Err(error) if error.is_fault_of_the_value() => {
                counts.add("left_unreadable");
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}
