//! What is counted for the audit log of each operation.

use phone_crypt_core::audit::Class;
use phone_crypt_core::crypto::{self, KeyId, Keyring, ValueInfo, encrypted_phone};

use super::destination::Destination;
use super::error::{Error, Result};
use super::{lockdown, read_budget, transport};
use crate::audit::{Counted, before_read, count};
use crate::reads;

const ENCRYPT: Counted = plain(Class::Write, "encrypt");
const REENCRYPT: Counted = plain(Class::Write, "reencrypt");
const HASH: Counted = plain(Class::Read, "hash");
const NO_TLS: Counted = Counted {
    class: Class::Auth,
    event: "refused",
    detail: Some(("reason", "tls")),
};

const fn plain(class: Class, event: &'static str) -> Counted {
    Counted {
        class,
        event,
        detail: None,
    }
}

/// Whether plain text may go there, and, where that is asked for, the record that it will.
///
/// Errors: a connection that may not get plain text, or a read budget that is used up, 42501; no room to count reads, 53400; a
/// lockdown, or no durable record, 55000.
#[inline]
pub fn before_opening(destination: Destination) -> Result<()> {
    if destination != Destination::Storage {
        lockdown::check()?;
    }
    if let Destination::Client(_) = destination {
        transport::check().inspect_err(|_| count(&NO_TLS, None))?;
        read_budget::check()?;
        before_read().map_err(Error::Audit)?;
    }
    Ok(())
}

/// A value was opened under this key.
#[inline]
pub fn opened(destination: Destination, key: Option<KeyId>) {
    let (event, function) = match destination {
        Destination::Client(function) => {
            read_budget::opened();
            reads::opened();
            ("decrypt", function)
        }
        Destination::Masked(function) => ("mask", function),
        Destination::Server | Destination::Storage => return,
    };
    let what = Counted {
        class: Class::Read,
        event,
        detail: Some(("function", function)),
    };
    count(&what, key);
}

/// A value was sealed under the primary key.
#[inline]
pub fn sealed(ring: &Keyring) {
    count(&ENCRYPT, Some(ring.primary().id()));
}

/// A value was moved to the primary key.
#[inline]
pub fn resealed(ring: &Keyring) {
    count(&REENCRYPT, Some(ring.primary().id()));
}

/// A number was hashed.
#[inline]
pub fn hashed(ring: &Keyring) {
    count(&HASH, Some(ring.hash_key().id()));
}

/// The key of a value that has been opened. Where there is one key only, it is that.
#[inline]
pub fn key_of(ring: &Keyring, value: &[u8]) -> Option<KeyId> {
    if ring.keys().len() == 1 {
        return Some(ring.primary().id());
    }
    match crypto::inspect(value) {
        Ok(ValueInfo::Current { key_id, .. }) => Some(key_id),
        _ => None,
    }
}

/// As [`key_of`], of a value of the data type.
#[inline]
pub fn key_of_typed(ring: &Keyring, value: &[u8]) -> Option<KeyId> {
    if ring.keys().len() == 1 {
        return Some(ring.primary().id());
    }
    Some(encrypted_phone::inspect(value).ok()?.key_id)
}
