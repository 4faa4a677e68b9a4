//! Amounts of money as PostgreSQL has them.

use pgrx::AnyNumeric;
use phone_crypt_core::sending::amount;

use super::error::Result;

/// An amount in millionths, rounded up.
///
/// Errors: negative, no number, or above 10⁹, 22023.
pub fn amount_of(numeric: &AnyNumeric) -> Result<i64> {
    Ok(amount(numeric.normalize())?)
}
