//! The trigger that keeps two columns in step: plain text, and the same encrypted.

use crate::encrypted_phone::{self as typed, Keep};
use crate::error::{Error, Result};
use crate::pg::oids::{BPCHAROID, TEXTOID, VARCHAROID};
use crate::pg::table_row::is_one_of;
use crate::pg::text::Text;
use crate::pg::trigger_rows::{StoredRow, TriggerRows, Version};

/// What the trigger does, by its second argument.
pub enum Work {
    /// Before the swap: the encrypted column follows the plain one.
    Fill(Keep),
    /// After it: plain text that the encrypted column has left behind goes.
    Clear,
}

impl Work {
    /// The work of this name.
    pub fn parse(name: &[u8]) -> Option<Work> {
        match name {
            b"fill" => Some(Work::Fill(Keep::More)),
            b"fill_with_spelling" => Some(Work::Fill(Keep::Spelling)),
            b"clear" => Some(Work::Clear),
            _ => None,
        }
    }
}

/// The numbers of the two columns.
struct Columns {
    plain: i32,
    encrypted: i32,
}

impl Columns {
    /// None where the trigger that names them is gone: somebody has given the conversion up.
    ///
    /// Errors: one of them is of another type by now, 42804.
    fn of(rows: &TriggerRows) -> Result<Option<Columns>> {
        let Some((plain, encrypted)) = rows.columns_beside() else {
            return Ok(None);
        };
        let of_plain = rows.type_of(plain).ok_or(Error::NotOfType)?;
        let of_encrypted = rows.type_of(encrypted).ok_or(Error::NotOfType)?;
        let is_text = is_one_of(of_plain, &[TEXTOID, VARCHAROID, BPCHAROID]);
        match is_text && typed::is_the_type(of_encrypted) {
            true => Ok(Some(Columns { plain, encrypted })),
            false => Err(Error::NotOfType),
        }
    }

    /// The plain text, as a cast to text gives it.
    fn text<'a>(&self, rows: &'a TriggerRows, version: Version) -> Option<Text<'a>> {
        let bytes = rows.bytes(version, self.plain)?;
        let is_padded = rows
            .type_of(self.plain)
            .is_some_and(|kind| is_one_of(kind, &[BPCHAROID]));
        Some(Text::of(match is_padded {
            true => without_padding(bytes),
            false => bytes,
        }))
    }
}

fn without_padding(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().rposition(|byte| *byte != b' ');
    &bytes[..end.map_or(0, |end| end + 1)]
}

/// The row to be stored.
///
/// Errors: an encrypted value as plain text, 22P02; not UTF-8, 22021; no key, or keys or default regions that differ from
/// the pin, 55000; a column of another type, 42804.
pub fn row(rows: &TriggerRows, work: &Work) -> Result<StoredRow> {
    let Some(columns) = Columns::of(rows)? else {
        return Ok(rows.unchanged());
    };
    match work {
        Work::Fill(keep) => filled(rows, &columns, *keep),
        Work::Clear => Ok(cleared(rows, &columns)),
    }
}

fn filled(rows: &TriggerRows, columns: &Columns, keep: Keep) -> Result<StoredRow> {
    let value = |version| rows.bytes(version, columns.encrypted);
    let Some(plain) = columns.text(rows, Version::New) else {
        return Ok(match value(Version::New) {
            Some(_) => rows.with_bytes(columns.encrypted, None),
            None => rows.unchanged(),
        });
    };
    let before = columns.text(rows, Version::Old).map(Text::bytes);
    if let Some(old) = value(Version::Old)
        && before == Some(plain.bytes())
    {
        return Ok(match value(Version::New) == Some(old) {
            true => rows.unchanged(),
            false => rows.with_bytes(columns.encrypted, Some(old)),
        });
    }
    if let Some(new) = value(Version::New)
        && is_repeated_number(rows, columns, new, plain)?
    {
        return Ok(rows.unchanged());
    }
    typed::with_value(plain, keep, |value| {
        Ok(rows.with_bytes(columns.encrypted, Some(value)))
    })
}

/// Whether the value is what a batch makes of a number that another row has already. It is compared with the plain
/// text, so this is for those only who may compare guesses anyway.
fn is_repeated_number(
    rows: &TriggerRows,
    columns: &Columns,
    value: &[u8],
    plain: Text<'_>,
) -> Result<bool> {
    let may_compare = rows
        .type_of(columns.encrypted)
        .is_some_and(typed::may_give_plain);
    Ok(may_compare && typed::is_text_value(value, plain)?)
}

fn cleared(rows: &TriggerRows, columns: &Columns) -> StoredRow {
    let value = |version| rows.bytes(version, columns.encrypted);
    let is_left_behind = rows.is_update() && value(Version::Old) != value(Version::New);
    match is_left_behind && rows.bytes(Version::New, columns.plain).is_some() {
        true => rows.with_bytes(columns.plain, None),
        false => rows.unchanged(),
    }
}
