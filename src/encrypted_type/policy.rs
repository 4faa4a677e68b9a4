//! What happens to a row whose number is forgotten, and after how long it is purged, as a security label of its
//! column says: `SECURITY LABEL FOR phone_crypt ON COLUMN customer.phone IS 'on_forget=null'`, or
//! `'on_forget=delete, retention=90 days, retention_column=created_at'`.

use super::io::data_type_of;
use crate::encrypted_type::error::{Error, Result};
use crate::pg::seclabel::{self, Labelled};
use crate::pg::{ErrorReport, Oid, catalog};

/// What is done to the row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnForget {
    /// The column becomes NULL.
    Null,
    /// The row is deleted.
    Delete,
}

/// What a label says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// What is done to a row.
    pub on_forget: OnForget,
    /// The column that tells how old a row is; None where rows are kept for good. How long they are kept is read by
    /// `phone_crypt.encrypted_columns`.
    pub retention_column: Option<String>,
}

impl Policy {
    fn parse(label: &str) -> Result<Policy> {
        let (on_forget, retention) = match label.split_once(", retention=") {
            Some((on_forget, retention)) => (on_forget, Some(retention)),
            None => (label, None),
        };
        let on_forget = match on_forget {
            "on_forget=null" => OnForget::Null,
            "on_forget=delete" => OnForget::Delete,
            _ => return Err(Error::Label),
        };
        let retention_column = match retention {
            None => None,
            Some(retention) => match retention.split_once(", retention_column=") {
                Some((_, column)) if !column.is_empty() => Some(column.to_owned()),
                _ => return Err(Error::Label),
            },
        };
        Ok(Policy {
            on_forget,
            retention_column,
        })
    }
}

/// The policy of a column; None where it has none.
///
/// Errors: a label that was written past its check, 22023.
pub fn of_column(table: Oid, number: i32) -> Result<Option<Policy>> {
    let label = seclabel::of_column(table, number);
    label.as_deref().map(Policy::parse).transpose()
}

/// Makes the labels known.
pub fn register() {
    seclabel::register(judge);
}

fn judge(labelled: &Labelled, label: Option<&str>) -> std::result::Result<(), ErrorReport> {
    let Some(label) = label else { return Ok(()) };
    Policy::parse(label)?;
    let the_type = labelled
        .column_of
        .and_then(|table| catalog::type_of_column_number(table, labelled.number));
    match the_type.and_then(data_type_of).is_some() {
        true => Ok(()),
        false => Err(Error::NotEncrypted.into()),
    }
}
