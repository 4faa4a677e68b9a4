//! Whether the encrypted column says what the plain one does, row by row.

use pgrx::spi::quote_identifier;

use super::source::Source;
use crate::conversion::error::{Error, Result};
use crate::encrypted_type as typed;
use crate::encrypted_type::error::Error as TypedError;
use crate::pg::SqlError;
use crate::pg::setting_switch::BatchSettings;
use crate::pg::table_row::TableRow;
use crate::pg::text::Text;
use crate::pg::{Oid, catalog, statement, user};
use phone_crypt_core::crypto::encrypted_phone::DataType;

/// Which rows are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rows {
    /// Every one: the two columns say the same.
    All,
    /// Those that still have plain text: the encrypted column has been written since.
    WithPlainText,
    /// Those that have both: the others are still to be read.
    WithBoth,
}

impl Rows {
    /// As the procedures name them.
    ///
    /// Errors: another name, 22023.
    pub fn parse(name: &str) -> Result<Rows> {
        match name {
            "all" => Ok(Rows::All),
            "with_plain_text" => Ok(Rows::WithPlainText),
            "with_both" => Ok(Rows::WithBoth),
            _ => Err(Error::UnknownWork),
        }
    }
}

/// How many rows would lose something if the plain column went.
///
/// Errors: not the owner, or values are read and who may not decrypt, 42501; the column is of another type, 42804; a key
/// that is not configured, or keys that differ from the pin, 55000.
pub fn differing(
    table: Oid,
    plain: &str,
    encrypted: &str,
    source: &Source,
    rows: Rows,
) -> Result<i64> {
    if !matches!(source, Source::Text) {
        super::check_may_decrypt(table, encrypted)?;
    }
    let _in_their_name = user::as_owner(table)?;
    let data_type = catalog::type_of_column(table, encrypted)
        .and_then(typed::data_type_of)
        .ok_or(Error::Typed(TypedError::NotEncrypted))?;
    let _settings = BatchSettings::for_any_rows();
    let (plain, encrypted) = (quote_identifier(plain), quote_identifier(encrypted));
    let also = match rows {
        Rows::All => format!("OR t.{encrypted} IS NOT NULL"),
        Rows::WithPlainText => String::new(),
        Rows::WithBoth => format!("AND t.{encrypted} IS NOT NULL"),
    };
    let query = format!(
        "SELECT t.{plain}::pg_catalog.text, t.{encrypted} FROM ONLY {} AS t WHERE t.{plain} IS NOT NULL {also}",
        user::full_name(table)?
    );
    let (mut of_type, mut count) = (None, 0);
    statement::scan(&query, &[], |row| -> Result<()> {
        count += i64::from(!is_same(row, source, data_type, &mut of_type)?);
        Ok(())
    })?;
    Ok(count)
}

fn is_same(
    row: &TableRow,
    source: &Source,
    data_type: DataType,
    of_type: &mut Option<Oid>,
) -> Result<bool> {
    let plain: Option<Text<'_>> = row.get(1);
    match (plain, typed::bytes_of_row(row, 2, of_type)?) {
        (Some(plain), Some(value)) => match source.is_held_by(data_type, value, plain) {
            Err(error) if error.is_fault_of_the_value() => Ok(false),
            result => result,
        },
        _ => Ok(false),
    }
}

/// How many values hold as text a number that another value of the column has: decrypted, the two are the same text.
///
/// Errors: as [`differing`].
pub fn same_texts(table: Oid, column: &str) -> Result<i64> {
    let the_type =
        catalog::type_of_column(table, column).ok_or(Error::Typed(TypedError::NotEncrypted))?;
    let ours = catalog::quoted_schema(catalog::schema_of_type(the_type));
    let is_meant = match typed::data_type_of(the_type) {
        Some(DataType::Email) => "email_is_address",
        _ => "phone_is_number",
    };
    let (column, name) = (quote_identifier(column), user::full_name(table)?);
    let _in_their_name = user::as_owner(table)?;
    let _settings = BatchSettings::for_any_rows();
    let texts =
        format!("SELECT t.{column} FROM ONLY {name} AS t WHERE NOT {ours}.{is_meant}(t.{column})");
    let mut of_type = None;
    let mut numbers: Vec<Vec<u8>> = Vec::new();
    statement::scan(&texts, &[], |row| -> Result<()> {
        if let Some(value) = typed::bytes_of_row(row, 1, &mut of_type)? {
            numbers.extend(typed::probe_of_text(value)?);
        }
        Ok(())
    })?;
    let probes = typed::array(the_type, numbers.iter().map(Vec::as_slice));
    let (array_type, probes) = probes.ok_or(Error::Typed(TypedError::NotEncrypted))?;
    let sql = format!(
        "SELECT FROM ONLY {name} AS t WHERE {ours}.{is_meant}(t.{column})
            AND t.{column} OPERATOR(pg_catalog.=) ANY ($1)"
    );
    Ok(statement::run(&sql, &[(array_type, Some(probes))], |_| {}) as i64)
}
