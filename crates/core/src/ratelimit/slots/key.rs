//! Whose keys there are, and how they are hashed.

use siphasher::sip::SipHasher13;
use std::hash::Hasher;

/// The longest key of a caller, in bytes.
pub const MAX_KEY: usize = 512;

/// The longest name of a policy.
pub const MAX_POLICY_NAME: usize = 63;

/// Room for the longest name, `policy:<name>:<key>` (583 bytes), and what fills up a cache line.
pub(super) const NAME_ROOM: usize = 584;

const _: () = assert!("policy:".len() + MAX_POLICY_NAME + ":".len() + MAX_KEY <= NAME_ROOM);

/// How many owners (databases) a partition can tell apart.
pub const MAX_OWNERS: usize = 128;

/// Whose key it is: one table of one database, and its place in the list of owners.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C)]
pub struct Owner {
    /// The database's oid.
    pub database: u32,
    /// The oid of its `phone_crypt.rate_limits`.
    pub table: u32,
    /// Below [`MAX_OWNERS`].
    pub index: u32,
}

impl Owner {
    /// The place in the list may be another's by now; the oids say who it is.
    pub(super) fn is_same(self, other: Owner) -> bool {
        self.database == other.database && self.table == other.table
    }
}

/// Whose the keys of a space are: no text of one kind reaches a key of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum KeyKind {
    /// The callers' own.
    Plain = 0,
    /// Those of policies, `policy:<name>:<key>`.
    Policy = 1,
    /// Those of leases: a caller's key, and the number of the lease as its space.
    Lease = 2,
    /// Those of API tokens, each the token's id, in the spaces of their policies.
    Token = 3,
    /// Addresses from which API tokens were tried that do not exist, in space 0.
    TokenFailure = 4,
    /// Those of sending policies, in the spaces of these.
    Send = 5,
}

impl KeyKind {
    /// The number that stands for it in the table and in files.
    #[must_use]
    pub fn number(self) -> i16 {
        self as i16
    }

    /// The kind with this number.
    #[must_use]
    pub fn of_number(number: i16) -> Option<KeyKind> {
        [
            KeyKind::Plain,
            KeyKind::Policy,
            KeyKind::Lease,
            KeyKind::Token,
            KeyKind::TokenFailure,
            KeyKind::Send,
        ]
        .into_iter()
        .find(|kind| kind.number() == number)
    }

    /// Whether its spaces are those of policies.
    #[must_use]
    pub fn is_of_policies(self) -> bool {
        matches!(self, KeyKind::Policy | KeyKind::Token | KeyKind::Send)
    }
}

/// The name under which state is kept: a kind, a space of that kind, and a text within it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyName<'a> {
    /// The text, in whatever encoding the database has.
    pub bytes: &'a [u8],
    /// The kind.
    pub kind: KeyKind,
    /// Which space of the kind: 0 for callers' own keys, a number of its own for each policy.
    pub space: i32,
}

impl<'a> KeyName<'a> {
    /// A caller's own key.
    #[must_use]
    pub fn plain(bytes: &'a [u8]) -> KeyName<'a> {
        KeyName {
            bytes,
            kind: KeyKind::Plain,
            space: 0,
        }
    }

    /// A policy's key, in space 0.
    #[must_use]
    pub fn of_policy(bytes: &'a [u8]) -> KeyName<'a> {
        KeyName {
            bytes,
            kind: KeyKind::Policy,
            space: 0,
        }
    }

    /// A token's id, in space 0.
    #[must_use]
    pub fn of_token(bytes: &'a [u8]) -> KeyName<'a> {
        KeyName {
            kind: KeyKind::Token,
            ..KeyName::plain(bytes)
        }
    }

    /// An address from which tokens were tried that do not exist.
    #[must_use]
    pub fn of_token_failures(bytes: &'a [u8]) -> KeyName<'a> {
        KeyName {
            kind: KeyKind::TokenFailure,
            ..KeyName::plain(bytes)
        }
    }

    /// What a sending policy counts, in its space.
    #[must_use]
    pub fn of_send(bytes: &'a [u8], space: i32) -> KeyName<'a> {
        KeyName {
            bytes,
            kind: KeyKind::Send,
            space,
        }
    }

    /// The same kind and text in another space.
    #[must_use]
    pub fn in_space(self, space: i32) -> KeyName<'a> {
        KeyName { space, ..self }
    }
}

/// A key to look for.
#[derive(Debug, Clone, Copy)]
pub struct SlotKey<'a> {
    pub(super) owner: Owner,
    pub(super) name: KeyName<'a>,
    pub(super) hash: u64,
}

impl<'a> SlotKey<'a> {
    /// `None` for a key that is too long. The seed keeps an attacker from choosing keys that meet in one place
    /// (SipHash, Aumasson and Bernstein 2012).
    #[must_use]
    pub fn new(owner: Owner, name: KeyName<'a>, seed: [u64; 2]) -> Option<SlotKey<'a>> {
        let longest = match name.kind {
            KeyKind::Plain | KeyKind::Lease => MAX_KEY,
            KeyKind::Policy | KeyKind::Token | KeyKind::TokenFailure | KeyKind::Send => NAME_ROOM,
        };
        let fits = name.bytes.len() <= longest && (owner.index as usize) < MAX_OWNERS;
        fits.then(|| {
            let mut hasher = SipHasher13::new_with_keys(seed[0], seed[1]);
            hasher.write_u64(u64::from(owner.database) << 32 | u64::from(owner.table));
            hasher.write(name.bytes);
            hasher.write_u8(name.kind as u8);
            hasher.write_i32(name.space);
            let hash = hasher.finish();
            SlotKey { owner, name, hash }
        })
    }

    /// Which of so many buckets of its partition it belongs to. They are a power of two.
    #[must_use]
    pub fn bucket(&self, buckets: usize) -> usize {
        self.hash as usize & (buckets - 1)
    }

    /// The key itself.
    #[must_use]
    pub fn name(&self) -> KeyName<'a> {
        self.name
    }

    /// Whose it is.
    #[must_use]
    pub fn owner(&self) -> Owner {
        self.owner
    }

    /// Which of so many partitions it belongs to. They are a power of two.
    #[must_use]
    pub fn partition(&self, partitions: usize) -> usize {
        (self.hash >> 32) as usize & (partitions - 1)
    }
}
