//! Decrypting a phone number: the current format, or a legacy one where the setting accepts it.

use phone_crypt_core::crypto::{self, Kind, LegacyScheme, ValueInfo};

use crate::error::Result;
use crate::keys::with_ring;
use crate::settings::{self, AcceptLegacy};

/// Appends the plain number to `out`.
///
/// Errors: as `phone_decrypt`, but for the transport, which is the caller's to check.
pub fn decrypt_phone(value: &[u8], context: &str, out: &mut Vec<u8>) -> Result<()> {
    with_ring(|ring| match accepted_scheme(value, context) {
        Some(scheme) => Ok(crypto::decrypt_legacy_into(
            ring.legacy_key(),
            scheme,
            value,
            out,
        )?),
        None => Ok(crypto::decrypt_into(
            ring,
            Kind::Phone,
            value,
            context.as_bytes(),
            out,
        )?),
    })
}

/// Whether `decrypt_phone` would take the value for an unauthenticated one.
pub fn is_read_as_legacy(value: &[u8], context: &str) -> bool {
    accepted_scheme(value, context).is_some()
}

/// The legacy scheme to read `value` with: only if the setting names one, the value looks legacy, and the
/// context is empty (a legacy value is bound to none).
fn accepted_scheme(value: &[u8], context: &str) -> Option<LegacyScheme> {
    let scheme = match settings::accept_legacy() {
        AcceptLegacy::Off => return None,
        AcceptLegacy::Cbc => LegacyScheme::Cbc,
        AcceptLegacy::CbcPbkdf2 => LegacyScheme::CbcPbkdf2,
        AcceptLegacy::NodeEvp => LegacyScheme::NodeEvp,
    };
    let looks_legacy = matches!(crypto::inspect(value), Ok(ValueInfo::Legacy));
    (context.is_empty() && looks_legacy).then_some(scheme)
}
