//! Opening values: the current format, or a legacy one where the setting accepts it.

use phone_crypt_core::crypto::{self, Key, KeyId, Kind, LegacyScheme, ValueInfo};

use super::audit;
use super::destination::Destination;
use super::stats::{Operation, count};
use crate::cipher::error::Result;
use crate::keys::with_ring;
use crate::settings::{self, AcceptLegacy};

/// The key of a legacy value.
pub enum LegacyKey<'a> {
    /// A configured one; without an id, that of `legacy_key_id`.
    Configured(Option<KeyId>),
    /// One that the caller has.
    Given(&'a Key),
}

/// Appends the plain text of a value of this kind to `out`.
///
/// Errors: not a phone_crypt value, 22P02; not authentic, wrong context or kind, 22000; a key that is not configured,
/// or a ring that differs from the pin, 55000; as [`Destination`] has it.
pub fn open(
    kind: Kind,
    value: &[u8],
    context: &[u8],
    destination: Destination,
    out: &mut Vec<u8>,
) -> Result<()> {
    counted(destination, || {
        with_ring(|ring| {
            crypto::decrypt_into(ring, kind, value, context, out)?;
            Ok(audit::key_of(ring, value))
        })
    })
}

/// As [`open`] for a phone number; also reads a legacy value where `accept_legacy` names a scheme. That may hold
/// any text.
///
/// Errors: as [`open`] and [`open_legacy`].
pub fn open_phone(
    value: &[u8],
    context: &[u8],
    destination: Destination,
    out: &mut Vec<u8>,
) -> Result<()> {
    match accepted_scheme(value, context) {
        Some(scheme) => {
            let key = LegacyKey::Configured(None);
            open_legacy(value, scheme, &key, destination, out)
        }
        None => open(Kind::Phone, value, context, destination, out),
    }
}

/// Appends the text of an unauthenticated value to `out`.
///
/// Errors: malformed, 22P02; undecryptable, 22000; a key that is not configured, 55000, or does not fit the scheme,
/// 22023; as [`Destination`] has it.
pub fn open_legacy(
    value: &[u8],
    scheme: LegacyScheme,
    key: &LegacyKey<'_>,
    destination: Destination,
    out: &mut Vec<u8>,
) -> Result<()> {
    counted(destination, || match key {
        LegacyKey::Given(key) => {
            crypto::decrypt_legacy_into(key, scheme, value, out)?;
            Ok(None)
        }
        LegacyKey::Configured(id) => with_ring(|ring| {
            let key = match *id {
                None => ring.legacy_key(),
                Some(id) => ring.find(id).ok_or(crypto::LegacyError::UnknownKey(id))?,
            };
            crypto::decrypt_legacy_into(key, scheme, value, out)?;
            Ok(Some(key.id()))
        }),
    })
}

fn counted(destination: Destination, open: impl FnOnce() -> Result<Option<KeyId>>) -> Result<()> {
    audit::before_opening(destination)?;
    let key = count(Operation::Decrypt, open())?;
    audit::opened(destination, key);
    Ok(())
}

/// Whether [`open_phone`] would take the value for an unauthenticated one.
pub fn is_read_as_legacy(value: &[u8], context: &[u8]) -> bool {
    accepted_scheme(value, context).is_some()
}

/// The legacy scheme to read `value` with: only if the setting names one, the value looks legacy, and the
/// context is empty (a legacy value is bound to none).
fn accepted_scheme(value: &[u8], context: &[u8]) -> Option<LegacyScheme> {
    let scheme = match settings::accept_legacy() {
        AcceptLegacy::Off => return None,
        AcceptLegacy::Cbc => LegacyScheme::Cbc,
        AcceptLegacy::CbcPbkdf2 => LegacyScheme::CbcPbkdf2,
        AcceptLegacy::NodeEvp => LegacyScheme::NodeEvp,
    };
    let looks_legacy = matches!(crypto::inspect(value), Ok(ValueInfo::Legacy));
    (context.is_empty() && looks_legacy).then_some(scheme)
}
