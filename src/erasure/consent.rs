//! Forgetting what a number has agreed to, and that it is suppressed.

use pgrx::IntoDatum;

use super::columns::Column;
use super::number::Number;
use super::outcome::{Outcome, attempt};
use super::wanted::Wanted;
use phone_crypt_core::crypto::encrypted_phone::DataType;

use crate::cipher;
use crate::consent::{ChangesAllowed, OWN_TABLES, OwnTable, SUPPRESSED};
use crate::encrypted_type as typed;
use crate::encrypted_type::error::Error as TypedError;
use crate::erasure::error::{Error, Result};
use crate::pg::setting_switch::BatchSettings;
use crate::pg::user::switch_to_owner;
use crate::pg::{Oid, catalog, oids, statement};

/// The column of numbers.
const COLUMN: &str = "phone";
/// What is left of the reason.
const FORGOTTEN: &str = "forgotten";

/// Forgets the number in both tables. Where a suppression is to be kept, nothing is left but that the number is suppressed.
///
/// Errors: no key, or a ring that differs from the pin, 55000.
pub fn forget(number: &Number, keep_suppression: bool) -> Result<Vec<Outcome>> {
    let probes = cipher::every_probe(&number.plain())?;
    let mut outcomes = Vec::new();
    for own in OWN_TABLES {
        let Some(table) = own.find() else { continue };
        if keep_suppression && own.name() == SUPPRESSED.name() {
            outcomes.push(keep(
                table,
                own,
                probes.iter().map(|probe| probe.as_slice()),
            ));
        } else if let Some(column) = Column::of_own_table(table, COLUMN) {
            let _allowed = ChangesAllowed::new();
            outcomes.extend(column.forget(number, &probes)?);
        }
    }
    Ok(outcomes)
}

fn keep<'a>(table: Oid, own: &OwnTable, probes: impl Iterator<Item = &'a [u8]>) -> Outcome {
    let object = format!("phone_crypt.{}.{COLUMN}", own.name());
    let kept = attempt(&object, || {
        let _settings = BatchSettings::for_one_table_of_many();
        let _in_their_name = switch_to_owner(table)?;
        let the_type =
            catalog::type_of_column(table, COLUMN).and_then(|it| typed::array(it, probes));
        let (array_type, wanted) =
            the_type.ok_or(Error::Typed(TypedError::NotOfType(DataType::Phone)))?;
        let sql = "UPDATE ONLY phone_crypt.suppressed_phones AS s \
                      SET reason = $2, is_confirmable = false, suppressed_at = clock_timestamp() \
                    WHERE s.phone = ANY ($1)";
        let arguments = [
            (array_type, Some(wanted)),
            (oids::TEXTOID, FORGOTTEN.into_datum()),
        ];
        Ok(statement::run(sql, &arguments, |_| ()))
    });
    match kept {
        Ok(rows) => Outcome::done(&object, "kept", i64::try_from(rows).unwrap_or(i64::MAX)),
        Err(failure) => Outcome::failed(&object, failure),
    }
}
