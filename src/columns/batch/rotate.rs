//! Values under another key than the primary.

use phone_crypt_core::crypto::{self, Reencrypted};
use std::rc::Rc;

use super::conversion::{Conversion, Row, Values};
use super::counts::Counts;
use super::leaf::quoted;
use crate::cipher;
use crate::columns::registry::Column;
use crate::error::{Error, Result};
use crate::keys::with_ring;

/// Encrypts values again, under the primary key. Hashes stay as they are.
pub struct Rotate {
    column: Rc<Column>,
    primary: String,
}

impl Rotate {
    /// Rotates to the key that is primary now.
    ///
    /// Errors: no key, or a ring that differs from the pin, 55000.
    pub fn new(column: Rc<Column>) -> Result<Rotate> {
        let primary = with_ring(|ring| Ok(ring.primary().id().to_string()))?;
        Ok(Rotate { column, primary })
    }

    fn rotated(&self, value: &[u8], context: &str, counts: &mut Counts) -> Result<Vec<u8>> {
        let mut new = Vec::with_capacity(value.len());
        match cipher::reseal(value, context.as_bytes(), &mut new) {
            Ok(Reencrypted::Replaced) => return Ok(new),
            Ok(Reencrypted::Unchanged) => {}
            Err(Error::Value(crypto::value::ValueError::UnknownKey(_))) => {
                counts.add("left_key_not_configured");
            }
            Err(error) if error.is_fault_of_the_value() => counts.add("left_unreadable"),
            Err(error) => return Err(error),
        }
        Ok(value.to_vec())
    }
}

impl Conversion for Rotate {
    fn reads(&self) -> Vec<String> {
        let mut reads = vec![self.column.encrypted.clone()];
        reads.push(
            self.column
                .raw
                .as_ref()
                .unwrap_or(&self.column.encrypted)
                .clone(),
        );
        reads.extend(self.column.context_column.clone());
        reads
    }

    fn condition(&self) -> String {
        // The key's id stands after 32 digits, a colon and the kind. Ids are hexadecimal digits.
        let other = |column: &str| {
            format!(
                "pg_catalog.substr(t.{}::pg_catalog.text, 36, 8) <> '{}'",
                quoted(column),
                self.primary
            )
        };
        match &self.column.raw {
            Some(raw) => format!("{} OR {}", other(&self.column.encrypted), other(raw)),
            None => other(&self.column.encrypted),
        }
    }

    fn writes(&self) -> Vec<String> {
        let mut writes = vec![self.column.encrypted.clone()];
        writes.extend(self.column.raw.clone());
        writes
    }

    fn convert(&mut self, row: &Row<'_>, counts: &mut Counts) -> Result<Option<Values>> {
        let context = row.context(&self.column, 2)?;
        let mut values = Vec::with_capacity(2);
        let mut is_new = false;
        for index in 0..self.writes().len() {
            let before = row.text(index).map(|value| value.bytes());
            let after = match before {
                Some(value) => Some(self.rotated(value, &context, counts)?),
                None => None,
            };
            is_new |= before != after.as_deref();
            values.push(after);
        }
        if is_new {
            counts.add("rotated");
        }
        Ok(is_new.then_some(values))
    }
}
