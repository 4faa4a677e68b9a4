//! The trigger that keeps two columns in step: plain text, and the same encrypted.

use super::source::{Source, is_value};
use phone_crypt_core::crypto::encrypted_phone::DataType;

use crate::conversion::error::{Error, Result};
use crate::encrypted_type::error::{Error as TypedError, Permission};
use crate::encrypted_type::{self as typed, Keep};
use crate::pg::SqlError;
use crate::pg::oids::{BPCHAROID, TEXTOID, VARCHAROID};
use crate::pg::table_row::is_one_of;
use crate::pg::text::Text;
use crate::pg::trigger_rows::{StoredRow, TriggerRows, Version};

/// What the trigger does, by its second argument.
pub enum Work {
    /// Before the swap: the encrypted column follows the plain one.
    Fill(Keep),
    /// The same where the other column holds values: the encrypted column loses what is not of the present one. Nothing is
    /// opened here, which would give whoever writes the column the power to compare any value that is pasted into it; what
    /// is plain text already is encrypted.
    Read(Keep),
    /// After it: plain text that the encrypted column has left behind goes.
    Clear(Keep),
}

impl Work {
    /// The work of this name.
    pub fn parse(name: &[u8]) -> Option<Work> {
        match name {
            b"fill" => Some(Work::Fill(Keep::More)),
            b"fill_with_spelling" => Some(Work::Fill(Keep::Spelling)),
            b"read" => Some(Work::Read(Keep::More)),
            b"read_with_spelling" => Some(Work::Read(Keep::Spelling)),
            b"clear" => Some(Work::Clear(Keep::More)),
            b"clear_with_spelling" => Some(Work::Clear(Keep::Spelling)),
            _ => None,
        }
    }
}

/// The numbers of the two columns.
struct Columns {
    plain: i32,
    encrypted: i32,
    data_type: DataType,
}

impl Columns {
    /// None where the trigger that names them is gone: somebody has given the conversion up.
    ///
    /// Errors: one of them is of another type by now, 42804.
    fn of(rows: &TriggerRows) -> Result<Option<Columns>> {
        let Some((plain, encrypted)) = rows.columns_beside() else {
            return Ok(None);
        };
        let of_plain = rows
            .type_of(plain)
            .ok_or(Error::Typed(TypedError::NotEncrypted))?;
        let of_encrypted = rows
            .type_of(encrypted)
            .ok_or(Error::Typed(TypedError::NotEncrypted))?;
        let is_text = is_one_of(of_plain, &[TEXTOID, VARCHAROID, BPCHAROID]);
        match typed::data_type_of(of_encrypted) {
            Some(data_type) if is_text => Ok(Some(Columns {
                plain,
                encrypted,
                data_type,
            })),
            _ => Err(Error::Typed(TypedError::NotEncrypted)),
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

    /// Whether the current user may have numbers compared: what the trigger makes of a guess shows whether it is right.
    fn may_compare(&self, rows: &TriggerRows) -> bool {
        rows.type_of(self.encrypted)
            .is_some_and(|the_type| typed::may_give_plain(self.data_type, the_type))
    }
}

fn without_padding(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().rposition(|byte| *byte != b' ');
    &bytes[..end.map_or(0, |end| end + 1)]
}

/// The row to be stored.
///
/// Errors: an encrypted value as plain text, 22P02; not UTF-8, 22021; the user may not give plain text, 42501; no key, or
/// keys or default regions that differ from the pin, 55000; a column of another type, 42804.
pub fn row(rows: &TriggerRows, work: &Work) -> Result<StoredRow> {
    let Some(columns) = Columns::of(rows)? else {
        return Ok(rows.unchanged());
    };
    match work {
        Work::Fill(keep) => filled(rows, &columns, *keep),
        Work::Read(keep) => read(rows, &columns, *keep),
        Work::Clear(keep) => cleared(rows, &columns, *keep),
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
    let is_as_before = columns.text(rows, Version::Old).map(Text::bytes) == Some(plain.bytes());
    let may_compare = columns.may_compare(rows);
    // Not only where the text is another one: that would tell a guess that is right from one that is wrong.
    if !may_compare && (rows.is_assigned(columns.plain) || !is_as_before) {
        return Err(Error::Typed(TypedError::MayNot(Permission::GivePlain(
            columns.data_type,
        ))));
    }
    // Set to NULL, it is made anew. Whoever changes another column of a row that no batch has reached yet needs no right to
    // this one.
    let is_kept = value(Version::Old).is_some() && value(Version::New).is_some();
    if is_as_before && (is_kept || !may_compare) {
        return Ok(match value(Version::New) == value(Version::Old) {
            true => rows.unchanged(),
            false => rows.with_bytes(columns.encrypted, value(Version::Old)),
        });
    }
    if let Some(new) = value(Version::New)
        && typed::is_text_value(new, plain)?
    {
        // What a batch makes of a number that another row has already.
        return Ok(rows.unchanged());
    }
    encrypted(rows, columns, plain, keep)
}

fn read(rows: &TriggerRows, columns: &Columns, keep: Keep) -> Result<StoredRow> {
    let text = |version| columns.text(rows, version).map(Text::bytes);
    match text(Version::New) {
        Some(new) if is_value(new) => Ok(match text(Version::Old) == Some(new) {
            true => rows.unchanged(),
            false => rows.with_bytes(columns.encrypted, None),
        }),
        _ => filled(rows, columns, keep),
    }
}

fn encrypted(
    rows: &TriggerRows,
    columns: &Columns,
    plain: Text<'_>,
    keep: Keep,
) -> Result<StoredRow> {
    Source::Text.with_value(columns.data_type, plain, keep, |value, _| {
        Ok(rows.with_bytes(columns.encrypted, Some(value)))
    })
}

/// After the swap: an INSERT that names no columns still brings the plain text where it stood, and an encrypted value that
/// has changed leaves the plain text behind.
fn cleared(rows: &TriggerRows, columns: &Columns, keep: Keep) -> Result<StoredRow> {
    let value = |version| rows.bytes(version, columns.encrypted);
    let Some(plain) = columns.text(rows, Version::New) else {
        return Ok(rows.unchanged());
    };
    let is_new = !rows.is_update() && value(Version::New).is_none();
    if is_new && !columns.may_compare(rows) {
        return Err(Error::Typed(TypedError::MayNot(Permission::GivePlain(
            columns.data_type,
        ))));
    }
    if is_new {
        return encrypted(rows, columns, plain, keep);
    }
    let is_left_behind = match (value(Version::Old), value(Version::New)) {
        (Some(old), Some(new)) if old != new => {
            !(columns.may_compare(rows) && is_consistent(columns.data_type, new, plain)?)
        }
        (old, new) => old != new,
    };
    match rows.is_update() && is_left_behind {
        true => Ok(rows.with_bytes(columns.plain, None)),
        false => Ok(rows.unchanged()),
    }
}

/// Whether a new value still says what the plain text does, as one that was encrypted again. A value that cannot be read
/// does not. Only for those who may compare guesses anyway; a value beside it is not opened for them either.
fn is_consistent(data_type: DataType, value: &[u8], plain: Text<'_>) -> Result<bool> {
    if is_value(plain.bytes()) {
        return Ok(false);
    }
    match Source::Text.is_held_by(data_type, value, plain) {
        Err(error) if error.is_fault_of_the_value() => Ok(false),
        result => result,
    }
}
