//! What is to become of a row whose number is forgotten, as a security label of its column says:
//! `SECURITY LABEL FOR phone_crypt ON COLUMN customer.phone IS 'on_forget=null'`.

use super::abi::is_the_type;
use crate::error::{Error, Result};
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

impl OnForget {
    fn parse(label: &str) -> Result<OnForget> {
        match label {
            "on_forget=null" => Ok(OnForget::Null),
            "on_forget=delete" => Ok(OnForget::Delete),
            _ => Err(Error::Label),
        }
    }
}

/// The policy of a column; None where it has none.
///
/// Errors: a label that was written past its check, 22023.
pub fn of_column(table: Oid, number: i32) -> Result<Option<OnForget>> {
    let label = seclabel::of_column(table, number);
    label.as_deref().map(OnForget::parse).transpose()
}

/// Makes the labels known.
pub fn register() {
    seclabel::register(judge);
}

fn judge(labelled: &Labelled, label: Option<&str>) -> std::result::Result<(), ErrorReport> {
    let Some(label) = label else { return Ok(()) };
    OnForget::parse(label)?;
    let the_type = labelled
        .column_of
        .and_then(|table| catalog::type_of_column_number(table, labelled.number));
    match the_type.is_some_and(is_the_type) {
        true => Ok(()),
        false => Err(Error::NotOfType.into()),
    }
}
