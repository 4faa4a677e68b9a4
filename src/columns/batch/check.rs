//! Whether every row says the same in plain text and encrypted. Nothing is written.

use std::rc::Rc;

use super::conversion::{Conversion, Row, Values};
use super::counts::Counts;
use crate::columns::convert::{self, Reading};
use crate::columns::registry::Column;
use crate::error::Result;

/// Compares.
pub struct Check {
    column: Rc<Column>,
}

impl Check {
    /// For a column whose plain text is there.
    pub fn new(column: Rc<Column>) -> Check {
        Check { column }
    }

    /// Whether a row says the same in both.
    ///
    /// Errors: no key, or a key that is not configured, 55000.
    pub fn agrees(&self, row: &Row<'_>) -> Result<bool> {
        let (encrypted, raw) = (
            row.text(1),
            self.column.raw.as_ref().and_then(|_| row.text(2)),
        );
        let Some(plain) = row.text(0) else {
            return Ok(encrypted.is_none() && raw.is_none());
        };
        let plain = plain.exact()?;
        let context = row.context(&self.column, 3)?;
        let reading = convert::read(&self.column, &plain)?;
        let number_agrees = match (reading.number(), encrypted) {
            (Some(number), Some(value)) => convert::holds_number(value.bytes(), &context, number)?,
            (None, None) => true,
            _ => false,
        };
        let raw_agrees = match raw {
            Some(raw) => convert::holds_text(raw.bytes(), &context, &plain)?,
            None => matches!(reading, Reading::Number(_)) && !self.column.keep_original,
        };
        Ok(number_agrees && raw_agrees)
    }
}

impl Conversion for Check {
    fn reads(&self) -> Vec<String> {
        let raw = self.column.raw.as_ref().unwrap_or(&self.column.encrypted);
        let mut reads = vec![
            self.column.name.clone(),
            self.column.encrypted.clone(),
            raw.clone(),
        ];
        reads.extend(self.column.context_column.clone());
        reads
    }

    fn condition(&self) -> String {
        "true".to_owned()
    }

    fn writes(&self) -> Vec<String> {
        Vec::new()
    }

    fn convert(&mut self, row: &Row<'_>, counts: &mut Counts) -> Result<Option<Values>> {
        counts.add(match self.agrees(row)? {
            true => "verified",
            false => "differs",
        });
        Ok(None)
    }
}
