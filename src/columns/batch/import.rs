//! Unauthenticated values of the earlier web application, converted in place.

use phone_crypt_core::crypto::{self, Kind, LegacyScheme};
use phone_crypt_core::phone::{self, Naive, NaiveError, Regions};
use std::rc::Rc;

use super::conversion::{Change, Conversion, Row, Values};
use super::counts::Counts;
use super::encrypt::{leave_duplicates_out, stored_columns, stored_values};
use super::leaf::{Leaf, quoted};
use crate::cipher::{self, Destination, LegacyKey, with_scratch};
use crate::columns::convert::{self, Stored};
use crate::columns::registry::Column;
use crate::error::Result;
use crate::pg::PgError;
use crate::regions::{with_default, with_list};

/// Reads `iv:data` and stores what is in it as of now.
pub struct Import {
    column: Rc<Column>,
    scheme: LegacyScheme,
    key_id: Option<crypto::KeyId>,
    is_duplicate: bool,
}

impl Import {
    /// Values of a legacy scheme, under a configured key (the one for legacy values where None).
    ///
    /// Errors: an unknown scheme, a malformed key id, 22023.
    pub fn new(
        column: Rc<Column>,
        scheme: Option<&str>,
        key_id: Option<&str>,
        is_duplicate: bool,
    ) -> Result<Import> {
        Ok(Import {
            column,
            scheme: LegacyScheme::parse(scheme.unwrap_or_default())?,
            key_id: key_id.map(str::parse).transpose()?,
            is_duplicate,
        })
    }

    fn stored(&self, plain: &str, context: &[u8], counts: &mut Counts) -> Result<Stored> {
        let number = read(plain, self.column.regions.as_deref())?;
        counts.add(outcome(&number));
        let Ok(number) = number else {
            return Ok(Stored {
                raw: Some(convert::encrypt(Kind::Text, plain.as_bytes(), context)?),
                ..Stored::default()
            });
        };
        let e164 = number.e164();
        let mut stored = Stored {
            encrypted: Some(convert::encrypt(Kind::Phone, e164.as_bytes(), context)?),
            hashes: convert::hashes(&self.column, e164.as_bytes())?,
            raw: None,
        };
        let reading = convert::read(&self.column, plain)?;
        // What +1 was glued to is all in the number, once it is repaired.
        let keeps_original = match number {
            Naive::Number(_) => reading.needs_raw(&self.column),
            Naive::Repaired(_) => self.column.keep_original,
        };
        if keeps_original {
            stored.raw = Some(convert::encrypt(Kind::Text, plain.as_bytes(), context)?);
        }
        if self.is_duplicate {
            stored.hashes = convert::Hashes::default();
            counts.add("duplicate");
        }
        Ok(stored)
    }
}

/// What the import makes of a value, by the name that it is counted under.
///
/// Errors: a key that is not configured, 55000; an unknown region, 22023.
pub fn outcome_of(
    value: &[u8],
    scheme: LegacyScheme,
    key_id: Option<crypto::KeyId>,
    regions: Option<&str>,
) -> Result<&'static str> {
    match plain_text(value, scheme, key_id) {
        Ok(plain) => Ok(outcome(&read(&plain, regions)?)),
        Err(error) if error.is_fault_of_the_value() => Ok("left_unreadable"),
        Err(error) => Err(error),
    }
}

fn outcome(number: &std::result::Result<Naive, NaiveError>) -> &'static str {
    match number {
        Ok(Naive::Number(_)) => "imported",
        Ok(Naive::Repaired(_)) => "repaired",
        Err(NaiveError::NotAPhoneNumber) => "not_a_phone_number",
        Err(NaiveError::Unrepairable) => "naive",
    }
}

fn read(plain: &str, regions: Option<&str>) -> Result<std::result::Result<Naive, NaiveError>> {
    let use_regions = |regions: &Regions| Ok(phone::read_naive(plain, regions));
    match regions {
        Some(list) => with_list(list, use_regions),
        None => with_default(use_regions),
    }
}

fn plain_text(value: &[u8], scheme: LegacyScheme, key_id: Option<crypto::KeyId>) -> Result<String> {
    with_scratch(|out| {
        let key = LegacyKey::Configured(key_id);
        cipher::open_legacy(value, scheme, &key, Destination::Server, out)?;
        Ok(String::from_utf8(out.clone()).map_err(|_| PgError::NotUtf8)?)
    })
}

impl Conversion for Import {
    fn reads(&self) -> Vec<String> {
        let mut reads = vec![self.column.encrypted.clone()];
        reads.extend(self.column.context_column.clone());
        reads
    }

    fn condition(&self) -> String {
        // A value of today has 32 digits, a colon, the kind's 0, and 16n + 37 bytes in all after the colon.
        let column = quoted(&self.column.encrypted);
        format!(
            "octet_length(t.{column}::text) % 32 <> 11 OR substr(t.{column}::text, 33, 2) <> ':0'"
        )
    }

    fn writes(&self) -> Vec<String> {
        stored_columns(&self.column)
    }

    fn convert(&mut self, row: &Row<'_>, counts: &mut Counts) -> Result<Option<Values>> {
        let Some(value) = row.text(0) else {
            return Ok(None);
        };
        let plain = match plain_text(value.bytes(), self.scheme, self.key_id) {
            Ok(plain) => plain,
            Err(error) if error.is_fault_of_the_value() => {
                counts.add("left_unreadable");
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        let context = row.context(&self.column, 1)?;
        let stored = self.stored(&plain, context.as_bytes(), counts)?;
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
        Ok(())
    }
}
