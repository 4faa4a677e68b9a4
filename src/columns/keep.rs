//! The trigger of an encrypted column: whatever is written to a row, its plain text, encrypted value, hash and
//! original say the same when it is stored.
//!
//! It calls the logic directly and needs no privilege of whoever writes the row. It runs before unique indexes
//! and ON CONFLICT look at the row, so they see the hash that the registry asks for, whatever a client computed.

use phone_crypt_core::crypto::Kind;
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use super::convert::{self, Hashes, Reading, Stored};
use super::passing;
use super::registry::{self, Column};
use super::row::{Place, StoredRow, TriggerRows, Version};
use crate::error::{Error, Result};
use crate::pg::text::{Text, TextOut};
use crate::pg::{Datum, Oid};

/// A registration, and where its columns stand in one table.
struct Kept {
    generation: u64,
    column: Rc<Column>,
    plain: Option<Place>,
    encrypted: Place,
    hash: Place,
    next: Option<Place>,
    raw: Option<Place>,
    context: Option<Place>,
}

type Changes<'a> = Vec<(&'a Place, Option<Datum>)>;

thread_local! {
    static KEPT: RefCell<HashMap<(Oid, String), Rc<Kept>>> = RefCell::new(HashMap::new());
}

/// The row to be stored.
///
/// Errors: called otherwise than as the trigger of a registered column, 55000; an encrypted value that does not
/// open under the row's context, 22000, or whose key is not configured, 55000; no key, 55000.
pub fn kept_row(rows: &TriggerRows) -> Result<StoredRow> {
    let name = rows.only_argument().ok_or(Error::NotRegistered)?;
    let kept = kept(rows, name)?;
    if kept.is_as_batch_made_it(rows) {
        return Ok(rows.changed(&[]));
    }
    let changes = kept.changes(rows)?;
    Ok(rows.changed(&changes))
}

fn kept(rows: &TriggerRows, name: String) -> Result<Rc<Kept>> {
    let key = (rows.table(), name);
    let known = KEPT.with_borrow(|all| all.get(&key).cloned());
    if let Some(kept) = known.filter(|kept| kept.holds(rows)) {
        return Ok(kept);
    }
    let kept = Rc::new(Kept::look_up(rows, &key.1)?);
    KEPT.with_borrow_mut(|all| all.insert(key, Rc::clone(&kept)));
    Ok(kept)
}

impl Kept {
    fn look_up(rows: &TriggerRows, name: &str) -> Result<Kept> {
        let generation = registry::generation();
        let column = registry::column(rows.table(), name)?;
        let place = |name: &String| rows.text_place(name);
        Ok(Kept {
            generation,
            plain: match column.has_plaintext {
                true => Some(rows.text_place(&column.name)?),
                false => None,
            },
            encrypted: rows.text_place(&column.encrypted)?,
            hash: rows.text_place(&column.hash)?,
            next: column
                .next
                .as_ref()
                .map(|(name, _)| rows.text_place(name))
                .transpose()?,
            raw: column.raw.as_ref().map(place).transpose()?,
            context: column
                .context_column
                .as_ref()
                .map(|name| rows.context_place(name))
                .transpose()?,
            column,
        })
    }

    fn holds(&self, rows: &TriggerRows) -> bool {
        let places = [&self.plain, &self.next, &self.raw, &self.context];
        self.generation == registry::generation()
            && rows.is_at(&self.encrypted)
            && rows.is_at(&self.hash)
            && places.into_iter().flatten().all(|place| rows.is_at(place))
    }

    /// Whether a batch is writing the row, and it says what the batch has made of it: no other column of ours is new,
    /// and those that are have the very values.
    fn is_as_batch_made_it(&self, rows: &TriggerRows) -> bool {
        let Some(place) = rows.old_place() else {
            return false;
        };
        passing::is_as_made(rows.table(), place, |made| {
            let places = [&self.plain, &self.next, &self.raw];
            let texts = [&self.encrypted, &self.hash].into_iter();
            let mut texts = texts.chain(places.into_iter().flatten());
            texts.all(|place| match made.value(place.name()) {
                Some(value) => rows.text(Version::New, place).map(Text::bytes) == value,
                None => !self.differs(rows, place),
            }) && !self.context_has_changed(rows)
        })
    }

    /// What has to be changed in the new row.
    fn changes(&self, rows: &TriggerRows) -> Result<Changes<'_>> {
        if self.plain_has_changed(rows) && self.plain_text(rows).is_some() {
            return self.follow_plain(rows);
        }
        if self.differs(rows, &self.encrypted) {
            return self.follow_encrypted(rows);
        }
        if self.plain_has_changed(rows) {
            return Ok(self.nothing_stored());
        }
        if self.raw_has_changed(rows) {
            return self.follow_raw(rows);
        }
        if self.context_has_changed(rows) {
            return self.follow_context(rows);
        }
        self.keep_hashes(rows)
    }

    fn plain_has_changed(&self, rows: &TriggerRows) -> bool {
        self.plain
            .as_ref()
            .is_some_and(|plain| self.differs(rows, plain))
    }

    fn raw_has_changed(&self, rows: &TriggerRows) -> bool {
        self.raw.as_ref().is_some_and(|raw| self.differs(rows, raw))
    }

    fn differs(&self, rows: &TriggerRows, place: &Place) -> bool {
        let bytes = |version| rows.text(version, place).map(Text::bytes);
        bytes(Version::Old) != bytes(Version::New)
    }

    fn plain_text<'a>(&self, rows: &'a TriggerRows) -> Option<Text<'a>> {
        rows.text(Version::New, self.plain.as_ref()?)
    }

    fn context_has_changed(&self, rows: &TriggerRows) -> bool {
        self.context.as_ref().is_some_and(|place| {
            rows.as_text(Version::Old, place) != rows.as_text(Version::New, place)
        })
    }

    fn context(&self, rows: &TriggerRows, version: Version) -> Result<String> {
        let value = self
            .context
            .as_ref()
            .and_then(|place| rows.as_text(version, place));
        convert::context_of(&self.column, value.as_deref())
    }

    /// What the number in the new row is bound to: the old context, where it was not written.
    fn context_of_number(&self, rows: &TriggerRows) -> Result<String> {
        let version = match self.differs(rows, &self.encrypted) {
            true => Version::New,
            false => Version::Old,
        };
        self.context(rows, version)
    }

    /// The plain text is new: all else is made of it, except what says the same already.
    fn follow_plain(&self, rows: &TriggerRows) -> Result<Changes<'_>> {
        let Some(plain) = self.plain_text(rows) else {
            return Ok(Vec::new());
        };
        let plain = plain.exact()?;
        let context = self.context(rows, Version::New)?;
        let reading = convert::read(&self.column, &plain)?;
        if self.says_the_same(rows, &context, &plain, reading)? {
            return match reading.number() {
                Some(number) if self.differs(rows, &self.encrypted) => {
                    Ok(self.hash_changes(convert::hashes(&self.column, number.as_bytes())?))
                }
                Some(_) => self.keep_hashes(rows),
                None => Ok(self.hash_changes(Hashes::default())),
            };
        }
        let stored = convert::store(&self.column, &plain, reading, context.as_bytes())?;
        Ok(self.all_changes(stored))
    }

    fn says_the_same(
        &self,
        rows: &TriggerRows,
        context: &str,
        plain: &str,
        reading: Reading,
    ) -> Result<bool> {
        let encrypted = rows.text(Version::New, &self.encrypted);
        let number_is_right = match (reading.number(), encrypted) {
            (Some(number), Some(value)) => convert::holds_number(value.bytes(), context, number)?,
            (None, None) => true,
            _ => false,
        };
        let raw = self
            .raw
            .as_ref()
            .and_then(|place| rows.text(Version::New, place));
        let needs_raw = reading.needs_raw(&self.column);
        Ok(number_is_right
            && match raw {
                Some(raw) => needs_raw && convert::holds_text(raw.bytes(), context, plain)?,
                None => !needs_raw,
            })
    }

    /// The encrypted value is new and the plain text is not: the application has been changed over.
    fn follow_encrypted(&self, rows: &TriggerRows) -> Result<Changes<'_>> {
        let Some(encrypted) = rows.text(Version::New, &self.encrypted) else {
            let mut changes = self.hash_changes(Hashes::default());
            changes.extend(self.original_gone(rows));
            changes.extend(self.plain_beside(rows, None)?);
            return Ok(changes);
        };
        let context = self.context(rows, Version::New)?;
        convert::with_number(encrypted.bytes(), &context, |number| {
            if self.is_number_before(rows, number)? {
                return self.follow_reencrypted(rows);
            }
            let mut changes = self.hash_changes(convert::hashes(&self.column, number)?);
            changes.extend(self.original_gone(rows));
            changes.extend(self.plain_beside(rows, Some(number))?);
            Ok(changes)
        })
    }

    fn is_number_before(&self, rows: &TriggerRows, number: &[u8]) -> Result<bool> {
        let Some(encrypted) = rows.text(Version::Old, &self.encrypted) else {
            return Ok(false);
        };
        let context = self.context(rows, Version::Old)?;
        match convert::with_number(encrypted.bytes(), &context, |before| Ok(before == number)) {
            // What cannot be read may be replaced.
            Err(Error::Value(_) | Error::Legacy(_)) => Ok(false),
            other => other,
        }
    }

    /// The encrypted value is new, and the number in it is not: what says more than the number stays.
    fn follow_reencrypted(&self, rows: &TriggerRows) -> Result<Changes<'_>> {
        if self.raw_has_changed(rows) {
            return self.follow_raw(rows);
        }
        let mut changes = self.keep_hashes(rows)?;
        if self.context_has_changed(rows) {
            changes.extend(self.rebound_raw(rows)?);
        }
        Ok(changes)
    }

    /// The original is new, and neither the plain text nor the number is.
    fn follow_raw(&self, rows: &TriggerRows) -> Result<Changes<'_>> {
        let mut changes = self.keep_hashes(rows)?;
        if self.context_has_changed(rows) && !self.differs(rows, &self.encrypted) {
            changes.extend(self.rebound_number(rows)?);
        }
        changes.extend(match rows.text(Version::New, &self.encrypted) {
            Some(encrypted) => {
                let context = self.context_of_number(rows)?;
                convert::with_number(encrypted.bytes(), &context, |number| {
                    self.plain_beside(rows, Some(number))
                })?
            }
            None => self.plain_beside(rows, None)?,
        });
        Ok(changes)
    }

    /// The plain text that is to stand beside the others: the original where that is new, else the number.
    fn plain_beside(&self, rows: &TriggerRows, number: Option<&[u8]>) -> Result<Changes<'_>> {
        let raw = self.raw.as_ref().filter(|_| self.raw_has_changed(rows));
        match raw.and_then(|place| rows.text(Version::New, place)) {
            Some(raw) => {
                let context = self.context(rows, Version::New)?;
                convert::with_text(raw.bytes(), &context, |text| self.plain_change(Some(text)))
            }
            None => self.plain_change(number),
        }
    }

    /// The original, where it is not as new as the number, belonged to the number before.
    fn original_gone(&self, rows: &TriggerRows) -> Changes<'_> {
        match &self.raw {
            Some(raw) if !self.differs(rows, raw) => vec![(raw, None)],
            _ => Vec::new(),
        }
    }

    fn plain_change(&self, text: Option<&[u8]>) -> Result<Changes<'_>> {
        let Some(plain) = &self.plain else {
            return Ok(Vec::new());
        };
        let text = match text {
            Some(text) => Some((TextOut::utf8(text)?.datum(), characters(text))),
            None => None,
        };
        plain.check(text)?;
        Ok(vec![(plain, text.map(|(datum, _)| datum))])
    }

    /// Only what the values are bound to is new.
    fn follow_context(&self, rows: &TriggerRows) -> Result<Changes<'_>> {
        let mut changes = self.keep_hashes(rows)?;
        changes.extend(self.rebound_number(rows)?);
        changes.extend(self.rebound_raw(rows)?);
        Ok(changes)
    }

    /// The number under the new context.
    fn rebound_number(&self, rows: &TriggerRows) -> Result<Changes<'_>> {
        let Some(encrypted) = rows.text(Version::New, &self.encrypted) else {
            return Ok(Vec::new());
        };
        let before = self.context(rows, Version::Old)?;
        let after = self.context(rows, Version::New)?;
        let value = convert::with_number(encrypted.bytes(), &before, |number| {
            convert::encrypt(Kind::Phone, number, after.as_bytes())
        })?;
        Ok(vec![(&self.encrypted, Some(ascii(&value)))])
    }

    /// The original under the new context.
    fn rebound_raw(&self, rows: &TriggerRows) -> Result<Changes<'_>> {
        let raw = self.raw.as_ref();
        let Some((place, raw)) =
            raw.and_then(|place| Some((place, rows.text(Version::New, place)?)))
        else {
            return Ok(Vec::new());
        };
        let before = self.context(rows, Version::Old)?;
        let after = self.context(rows, Version::New)?;
        let value = convert::with_text(raw.bytes(), &before, |text| {
            convert::encrypt(Kind::Text, text, after.as_bytes())
        })?;
        Ok(vec![(place, Some(ascii(&value)))])
    }

    /// Nothing that a hash follows is new, so hashes stay. A row that normalisation found to be a duplicate has
    /// none; it gets the right one when a client writes any.
    fn keep_hashes(&self, rows: &TriggerRows) -> Result<Changes<'_>> {
        let mut changes = Vec::new();
        for place in std::iter::once(&self.hash).chain(&self.next) {
            if !self.differs(rows, place) {
                continue;
            }
            if rows.text(Version::Old, place).is_none() {
                return self.number_hashes(rows);
            }
            let before = rows.text(Version::Old, place);
            changes.push((place, before.map(|text| ascii(text.bytes()))));
        }
        Ok(changes)
    }

    /// The hashes of the row's number; none, where there is no number.
    fn number_hashes(&self, rows: &TriggerRows) -> Result<Changes<'_>> {
        let Some(encrypted) = rows.text(Version::New, &self.encrypted) else {
            return Ok(self.hash_changes(Hashes::default()));
        };
        let context = self.context_of_number(rows)?;
        convert::with_number(encrypted.bytes(), &context, |number| {
            Ok(self.hash_changes(convert::hashes(&self.column, number)?))
        })
    }

    fn nothing_stored(&self) -> Changes<'_> {
        self.all_changes(Stored::default())
    }

    fn all_changes(&self, stored: Stored) -> Changes<'_> {
        let mut changes = self.hash_changes(stored.hashes);
        let datum = |value: Option<Vec<u8>>| value.map(|value| ascii(&value));
        changes.push((&self.encrypted, datum(stored.encrypted)));
        changes.extend(self.raw.as_ref().map(|place| (place, datum(stored.raw))));
        changes
    }

    fn hash_changes(&self, hashes: Hashes) -> Changes<'_> {
        let datum = |hash: Option<convert::Hash>| hash.map(|hash| ascii(&hash));
        let mut changes = vec![(&self.hash, datum(hashes.present))];
        changes.extend(self.next.as_ref().map(|place| (place, datum(hashes.next))));
        changes
    }
}

fn characters(text: &[u8]) -> usize {
    std::str::from_utf8(text).map_or(text.len(), |text| text.chars().count())
}

fn ascii(text: &[u8]) -> Datum {
    TextOut::ascii(text).datum()
}
