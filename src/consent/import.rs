//! Numbers from a relation of the caller's into the list of those that are suppressed.

use pgrx::IntoDatum;
use pgrx::spi::quote_identifier;
use phone_crypt_core::audit::Class;
use phone_crypt_core::crypto::encrypted_phone::{Plain, compared};

use super::number::with_number;
use super::tables::SUPPRESSED;
use phone_crypt_core::crypto::encrypted_phone::DataType;

use crate::audit::{self, Event};
use crate::cipher;
use crate::cipher::stats::Operation;
use crate::consent::error::{Error, Result};
use crate::encrypted_type::error::Error as TypedError;
use crate::encrypted_type::{self as typed, Value};
use crate::pg::setting_switch::BatchSettings;
use crate::pg::statement::{self, Cursor};
use crate::pg::table_row::{TableRow, is_one_of};
use crate::pg::text::Text;
use crate::pg::user::{self, UserSwitch, current_user};
use crate::pg::{Oid, SqlError, catalog, oids, relation};
use crate::phone::e164::with_e164;
use crate::phone::regions::Chosen;

/// What became of the rows.
#[derive(Debug, Default)]
pub struct Counts {
    /// Numbers that were not on the list.
    pub added: i64,
    /// Those that were, or that came more than once.
    pub repeated: i64,
    /// Rows without a number.
    pub refused: i64,
}

/// Reads a column of text or of the data type, a portion at a time, in the name of the relation's owner where the caller may
/// act as the owner, else in the caller's own.
///
/// Errors: no such relation, 42P01; a column of another type, 42804; an unknown region, 22023; no key, or keys or default
/// regions that differ from the pin, 55000; what PostgreSQL raises, as where the caller may not read the column or row-level
/// security would hide rows, 42501.
pub fn run(source: Oid, column: &str, reason: &str, regions: &Chosen<'_>) -> Result<Counts> {
    regions.check()?;
    let key = SUPPRESSED.key()?;
    let of_type = catalog::type_of_column(source, column).ok_or(Error::NotPhones)?;
    let is_text = is_one_of(of_type, &[oids::TEXTOID, oids::VARCHAROID, oids::BPCHAROID]);
    if !is_text && !typed::is_the_type(of_type) {
        return Err(Error::NotPhones);
    }
    let query = format!(
        "SELECT c.{} FROM {} AS c",
        quote_identifier(column),
        user::full_name(source)?
    );
    let read = |work: &mut dyn FnMut()| {
        let _in_their_name = match user::as_owner(source) {
            Ok(owner) => owner,
            Err(_) => UserSwitch::restricted_to(current_user()),
        };
        let _settings = BatchSettings::for_any_rows();
        work();
    };
    let mut cursor = None;
    read(&mut || cursor = Some(Cursor::open(&query, &[])));
    let Some(cursor) = cursor else {
        return Err(Error::NotPhones);
    };
    let mut counts = Counts::default();
    loop {
        let mut portion = Portion::default();
        let mut fetched = 0;
        read(&mut || fetched = cursor.fetch(|row| portion.add(row, is_text, regions)));
        if fetched == 0 {
            break;
        }
        portion.write(key.the_type(), reason, &mut counts)?;
    }
    cursor.close();
    let event = Event::new(Class::Admin, "suppressions_imported").table(source);
    audit::record(event.number("count", counts.added));
    Ok(counts)
}

/// Values to be written, and what went wrong.
struct Portion {
    values: Vec<Vec<u8>>,
    refused: i64,
    result: Result<()>,
}

impl Default for Portion {
    fn default() -> Portion {
        Portion {
            values: Vec::new(),
            refused: 0,
            result: Ok(()),
        }
    }
}

impl Portion {
    fn add(&mut self, row: &TableRow, is_text: bool, regions: &Chosen<'_>) {
        if self.result.is_err() {
            return;
        }
        match value(row, is_text, regions) {
            Ok(Some(value)) => self.values.push(value),
            Ok(None) => self.refused += 1,
            Err(error) if error.is_fault_of_the_value() => self.refused += 1,
            Err(error) => self.result = Err(error),
        }
    }

    fn write(mut self, the_type: Oid, reason: &str, counts: &mut Counts) -> Result<()> {
        self.result?;
        // In the order of the index.
        self.values
            .sort_by(|one, other| compared(one).cmp(compared(other)));
        let total = i64::try_from(self.values.len()).unwrap_or(i64::MAX);
        let added = insert(the_type, &self.values, reason)?;
        counts.added += added;
        counts.repeated += total - added;
        counts.refused += self.refused;
        Ok(())
    }
}

fn value(row: &TableRow, is_text: bool, regions: &Chosen<'_>) -> Result<Option<Vec<u8>>> {
    let seal = |e164: &[u8]| {
        let mut value = Vec::new();
        cipher::seal_typed(&Plain::Number(e164), &mut value)?;
        Ok(Some(value))
    };
    if is_text {
        return match row.get::<Text<'_>>(1) {
            Some(phone) => with_e164(phone, regions, Operation::Encrypt, seal),
            None => Ok(None),
        };
    }
    match Value::of_row(row, 1, &mut None)? {
        Some(value) => with_number(value, seal),
        None => Ok(None),
    }
}

fn insert(the_type: Oid, values: &[Vec<u8>], reason: &str) -> Result<i64> {
    let table = SUPPRESSED.find().ok_or(Error::NoTable(SUPPRESSED.name()))?;
    let (owner, _) = relation::owner_and_name(table);
    let _in_their_name = UserSwitch::to(owner);
    let _settings = BatchSettings::for_any_rows();
    let array = typed::array(the_type, values.iter().map(Vec::as_slice));
    let (array_type, array) = array.ok_or(Error::Typed(TypedError::NotOfType(DataType::Phone)))?;
    let arguments = [
        (array_type, Some(array)),
        (oids::TEXTOID, reason.into_datum()),
    ];
    let added = statement::run(
        "INSERT INTO phone_crypt.suppressed_phones (phone, reason) SELECT v, $2 FROM unnest($1) AS v \
         ON CONFLICT ON CONSTRAINT suppressed_phones_pkey DO NOTHING",
        &arguments,
        |_| (),
    );
    Ok(i64::try_from(added).unwrap_or(i64::MAX))
}
