//! Making values.

use zeroize::Zeroizing;

use super::layout::{CONTEXT, FORM, PROBE_LEN, TAG, context, value_len};
use super::open::open;
use super::plain::Plain;
use crate::crypto::key::Key;
use crate::crypto::key_id::KeyId;
use crate::crypto::keyring::Keyring;
use crate::crypto::value::{HEADER, Kind, Reencrypted, ValueError, sealed};

/// Appends the value of `plain` under the primary key, its tag under the hash key.
pub fn seal_into(ring: &Keyring, plain: &Plain<'_>, out: &mut Vec<u8>) {
    append(ring.primary(), ring.hash_key(), plain, out);
}

/// Writes what a value of `plain` is compared by, and nothing else: half the work, for a look-up.
pub fn write_probe(ring: &Keyring, plain: &Plain<'_>, probe: &mut [u8; PROBE_LEN]) {
    let hash_key = ring.hash_key();
    write_front(
        plain.kind(),
        hash_key.id(),
        &plain.tag(hash_key),
        probe.as_mut_slice(),
    );
}

/// What values of `plain` are compared by under each key of the ring, since a value stays under the hash key that it was
/// made with.
#[must_use]
pub fn every_probe(ring: &Keyring, plain: &Plain<'_>) -> Vec<[u8; PROBE_LEN]> {
    let probe = |key: &Key| {
        let mut probe = [0; PROBE_LEN];
        write_front(plain.kind(), key.id(), &plain.tag(key), &mut probe);
        probe
    };
    ring.keys().map(probe).collect()
}

/// Moves a value to the primary key; its tag stays. It is authenticated also when it needs no change.
///
/// `out` is left as it was on any error.
///
/// # Errors
/// Those of [`super::open`].
pub fn reseal_into(
    ring: &Keyring,
    value: &[u8],
    out: &mut Vec<u8>,
) -> Result<Reencrypted, ValueError> {
    let mut buffer = Zeroizing::new(Vec::with_capacity(value.len()));
    let opened = open(ring, value, &mut buffer)?;
    if opened.key.id() == ring.primary().id() {
        return Ok(Reencrypted::Unchanged);
    }
    append(ring.primary(), opened.hash_key, &opened.plain, out);
    Ok(Reencrypted::Replaced)
}

/// Moves a value to the primary key, and its tag to this hash key.
///
/// `out` is left as it was on any error.
///
/// # Errors
/// Those of [`super::open`].
pub fn rehash_into(
    ring: &Keyring,
    hash_key: &Key,
    value: &[u8],
    out: &mut Vec<u8>,
) -> Result<(), ValueError> {
    let mut buffer = Zeroizing::new(Vec::with_capacity(value.len()));
    let opened = open(ring, value, &mut buffer)?;
    append(ring.primary(), hash_key, &opened.plain, out);
    Ok(())
}

fn append(key: &Key, hash_key: &Key, plain: &Plain<'_>, out: &mut Vec<u8>) {
    let (start, plain_len) = (out.len(), plain.len());
    let tag = plain.tag(hash_key);
    // The sealed form begins with its kind: it is made one byte further left, and the tag's last byte put back.
    out.resize(start + value_len(plain_len), 0);
    let value = &mut out[start..];
    plain.write(hash_key, &mut value[PROBE_LEN - 1 + HEADER..][..plain_len]);
    let context: [u8; CONTEXT] = context(plain.data_type(), hash_key.id());
    sealed::seal_in_place(
        key,
        plain.kind(),
        plain_len,
        &context,
        &tag,
        &mut value[PROBE_LEN - 1..],
    );
    write_front(plain.kind(), hash_key.id(), &tag, &mut value[..PROBE_LEN]);
}

fn write_front(kind: Kind, hash_key_id: KeyId, tag: &[u8; TAG], front: &mut [u8]) {
    debug_assert_eq!(front.len(), PROBE_LEN);
    front[0] = FORM;
    front[1] = kind as u8;
    front[2..6].copy_from_slice(hash_key_id.as_bytes());
    front[6..].copy_from_slice(tag);
}
