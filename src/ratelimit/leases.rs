//! Leases: so many at once, each until it is given back or its time is over.
//!
//! The leases of a key are numbered. Each is an entry of its own, which an engine takes and gives back as it counts a hit: so
//! no more than the limit are held at once, whoever else asks. A further entry of the key has the highest limit that leases
//! were taken under lately: where it is above that of a call, the leases between count too.

use phone_crypt_core::ratelimit::{Entry, KeyKind, KeyName, Listing, MAX_SPAN_US, Quota, State};

use super::limiter::change;
use super::lists;
use crate::pg::clock::now_us;
use crate::ratelimit::error::{Error, Result};

/// The most leases of a key.
pub const MAX_LEASES: i64 = 1000;

/// The number of the entry that has the highest limit.
const HIGHEST: i32 = -1;

/// A lease: its number among those of its key, and what only its holder knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    number: i32,
    secret: [i64; 2],
}

/// The answer to who asks for a lease.
pub struct Acquired {
    /// The lease, if there is one.
    pub lease: Option<Lease>,
    /// When it ends, in microseconds.
    pub ends_us: Option<i64>,
    /// Microseconds until the first of those that are in the way ends.
    pub retry_after_us: Option<i64>,
    /// `ok`, `limited` or `denylist`.
    pub reason: &'static str,
}

impl Acquired {
    fn denied(reason: &'static str, retry_after_us: Option<i64>) -> Acquired {
        Acquired {
            lease: None,
            ends_us: None,
            retry_after_us,
            reason,
        }
    }
}

impl Lease {
    fn first(secret: [u8; 16]) -> Lease {
        let (low, high) = secret.split_at(8);
        // Not negative, as the columns have it.
        let half = |bytes: &[u8]| {
            let bytes = bytes.try_into().unwrap_or_default();
            i64::from_le_bytes(bytes) & i64::MAX
        };
        Lease {
            number: 0,
            secret: [half(low), half(high)],
        }
    }

    /// As text, with the key that it is of: `<number><secret>.<key>`.
    pub fn to_text(self, key: &[u8]) -> Vec<u8> {
        let Lease {
            number,
            secret: [low, high],
        } = self;
        let mut text = format!("{number:04x}{low:016x}{high:016x}.").into_bytes();
        text.extend_from_slice(key);
        text
    }

    /// The lease and its key.
    ///
    /// Errors: not a lease, 22023.
    pub fn parse(text: &[u8]) -> Result<(Lease, &[u8])> {
        let (head, key) = text.split_at_checked(37).ok_or(Error::NotALease)?;
        let head = std::str::from_utf8(head).map_err(|_| Error::NotALease)?;
        let hex = |from: usize, to: usize| {
            let digits = head.get(from..to).ok_or(Error::NotALease)?;
            match digits.bytes().all(|it| it.is_ascii_hexdigit()) {
                true => i64::from_str_radix(digits, 16).map_err(|_| Error::NotALease),
                false => Err(Error::NotALease),
            }
        };
        let number = i32::try_from(hex(0, 4)?).map_err(|_| Error::NotALease)?;
        let is_lease = head.ends_with('.') && i64::from(number) < MAX_LEASES;
        let secret = [hex(4, 20)?, hex(20, 36)?];
        match is_lease && !key.is_empty() {
            true => Ok((Lease { number, secret }, key)),
            false => Err(Error::NotALease),
        }
    }

    fn entry(&self, now_us: i64, quota: &Quota) -> Entry {
        let [low, high] = self.secret;
        let state = State::counted(Some(quota), now_us, 1);
        Entry {
            state: Some(State {
                tat_ns: low,
                previous: high,
                ..state
            }),
            ..Entry::EMPTY
        }
    }

    fn holds(&self, entry: &Entry, now_us: i64) -> bool {
        let secret = entry.state.map(|state| [state.tat_ns, state.previous]);
        secret == Some(self.secret) && entry.expires_us() > now_us
    }
}

fn name(key: &[u8], number: i32) -> KeyName<'_> {
    KeyName {
        bytes: key,
        kind: KeyKind::Lease,
        space: number,
    }
}

fn lease_quota(lease_us: i64) -> Result<Quota> {
    Quota::new(1, lease_us, None).map_err(|_| Error::LeaseLength)
}

/// A lease of a key of which at most `limit` are held at once. `secret` are random bytes.
///
/// Errors: a limit that is negative or above 1,000, or a lease below 1 ms or above 10 years, 22023; no slot, 53400; no
/// engine, 55000.
pub fn acquire(key: &[u8], limit: i64, lease_us: i64, secret: [u8; 16]) -> Result<Acquired> {
    if !(0..=MAX_LEASES).contains(&limit) {
        return Err(Error::LeaseLimit);
    }
    let quota = lease_quota(lease_us)?;
    if lists::listing(key) == Some(Listing::Deny) {
        return Ok(Acquired::denied("denylist", None));
    }
    if limit == 0 {
        return Ok(Acquired::denied("limited", None));
    }
    let limit = i32::try_from(limit).map_err(|_| Error::LeaseLimit)?;
    let highest = announce(key, limit, lease_us)?;
    let first = Lease::first(secret);
    let offset = i32::try_from(first.secret[0] % i64::from(limit)).unwrap_or(0);
    let mut first_end_us = i64::MAX;
    for index in 0..limit {
        let lease = Lease {
            number: (offset + index) % limit,
            ..first
        };
        let taken = change(name(key, lease.number), false, |entry, now_us| {
            match entry.expires_us() > now_us {
                true => (None, Err(entry.expires_us())),
                false => {
                    let entry = lease.entry(now_us, &quota);
                    (Some(entry), Ok(entry.expires_us()))
                }
            }
        })?;
        match taken {
            Err(ends_us) => first_end_us = first_end_us.min(ends_us),
            Ok(ends_us) => {
                if highest > limit && held(key, highest)?.0 > limit {
                    release(key, lease)?;
                    break;
                }
                return Ok(Acquired {
                    lease: Some(lease),
                    ends_us: Some(ends_us),
                    retry_after_us: None,
                    reason: "ok",
                });
            }
        }
    }
    if highest > limit {
        first_end_us = held(key, highest)?.1;
    }
    let retry_after_us = first_end_us.saturating_sub(now_us()).max(0);
    Ok(Acquired::denied("limited", Some(retry_after_us)))
}

/// How many of the leases of a key with numbers below this are held, and when the first of them ends.
fn held(key: &[u8], below: i32) -> Result<(i32, i64)> {
    let mut held = (0, i64::MAX);
    for number in 0..below {
        let ends_us = change(name(key, number), false, |entry, now_us| {
            let ends_us = entry.expires_us();
            (None, (ends_us > now_us).then_some(ends_us))
        })?;
        if let Some(ends_us) = ends_us {
            held = (held.0 + 1, held.1.min(ends_us));
        }
    }
    Ok(held)
}

/// Says that leases of this length are taken under this limit, before one is. The highest limit of those that may still run.
fn announce(key: &[u8], limit: i32, lease_us: i64) -> Result<i32> {
    // For twice as long, so that it is not written with each lease.
    let quota = lease_quota(lease_us.saturating_mul(2).min(MAX_SPAN_US))?;
    change(name(key, HIGHEST), false, |entry, now_us| {
        let known = entry.state.filter(|_| entry.expires_us() > now_us);
        let known_highest = known.map_or(0, |state| i32::try_from(state.current).unwrap_or(0));
        let highest = known_highest.max(limit);
        let is_known = known_highest == highest
            && entry.expires_us() >= now_us.saturating_add(lease_us).saturating_add(LEEWAY_US);
        let announced = Entry {
            state: Some(State::counted(Some(&quota), now_us, i64::from(highest))),
            ..Entry::EMPTY
        };
        let longer = match announced.expires_us() >= entry.expires_us() {
            true => announced,
            // Longer leases than these may run.
            false => Entry {
                state: known.map(|state| State {
                    current: i64::from(highest),
                    ..state
                }),
                ..Entry::EMPTY
            },
        };
        ((!is_known).then_some(longer), highest)
    })
}

/// Time between the announcement and the lease.
const LEEWAY_US: i64 = 60_000_000;

/// Gives a lease back. Whether it was still held.
///
/// Errors: no slot, 53400; no engine, 55000.
pub fn release(key: &[u8], lease: Lease) -> Result<bool> {
    change(name(key, lease.number), false, |entry, now_us| {
        let is_held = lease.holds(entry, now_us);
        (is_held.then_some(Entry::EMPTY), is_held)
    })
}

/// Lets a lease run from now on for so long. Whether it was still held.
///
/// Errors: a length below 1 ms or above 10 years, 22023; no slot, 53400; no engine, 55000.
pub fn renew(key: &[u8], lease: Lease, lease_us: i64) -> Result<bool> {
    let quota = lease_quota(lease_us)?;
    announce(key, lease.number + 1, lease_us)?;
    change(name(key, lease.number), false, |entry, now_us| {
        let is_held = lease.holds(entry, now_us);
        (is_held.then(|| lease.entry(now_us, &quota)), is_held)
    })
}
