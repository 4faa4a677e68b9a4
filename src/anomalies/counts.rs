//! What has been counted since the server started: hits by key, as the slots of the memory engine have them, all hits of a
//! policy, and reads by role.

use phone_crypt_core::ratelimit::{KeyKind, KeyName};

use super::watches::Watch;
use crate::pg::text::in_database_encoding;
use crate::pg::user;
use crate::pg::{Oid, process};
use crate::ratelimit::{self, Policy, StateKey, Storage, StoredPolicy, memory};
use crate::reads;

/// Whose count it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Subject {
    /// All hits of the policy.
    Policy,
    /// A key of the policy, or a token under it.
    Key(KeyKind, Vec<u8>),
    /// A role, by its name in the database's encoding.
    Role(Vec<u8>),
}

const POLICY: i16 = -1;
const ROLE: i16 = -2;

impl Subject {
    /// As the table has it: a number, and a text in the database's encoding.
    pub fn stored(&self) -> (i16, &[u8]) {
        match self {
            Subject::Policy => (POLICY, b""),
            Subject::Key(kind, key) => (kind.number(), key),
            Subject::Role(name) => (ROLE, name),
        }
    }

    /// What [`Subject::stored`] gave.
    pub fn from_stored(kind: i16, key: Vec<u8>) -> Option<Subject> {
        match kind {
            POLICY => Some(Subject::Policy),
            ROLE => Some(Subject::Role(key)),
            kind => KeyKind::of_number(kind).map(|kind| Subject::Key(kind, key)),
        }
    }
}

/// The counts of what is watched. Those of a policy that is gone are none.
pub fn of(watch: &Watch, storage: &Storage) -> Vec<(Subject, i64)> {
    match &watch.policy {
        None => roles(),
        Some(name) => ratelimit::policy(name)
            .map(|policy| hits(&policy, storage))
            .unwrap_or_default(),
    }
}

fn roles() -> Vec<(Subject, i64)> {
    let named = |(role, count): (Oid, u64)| {
        let name = in_database_encoding(&user::role_name(role)?)?;
        Some((Subject::Role(name), signed(count)))
    };
    let totals = reads::totals(process::database());
    totals.into_iter().filter_map(named).collect()
}

fn hits(policy: &Policy, storage: &Storage) -> Vec<(Subject, i64)> {
    let Some(owner) = storage.slots else {
        return Vec::new();
    };
    let mut outcomes = memory::outcomes().iter();
    let outcomes = outcomes.find(|entry| entry.is_of(owner, policy.enforced_space));
    let all = outcomes.map_or(0, |entry| entry.counts().iter().sum());
    let mut counts = vec![(Subject::Policy, signed(all))];
    memory::each_slot(owner, |slot| {
        let name = slot.name();
        let key = match name.kind {
            KeyKind::Policy => name.bytes.splitn(3, |byte| *byte == b':').nth(2),
            KeyKind::Token => Some(name.bytes),
            _ => None,
        };
        if let Some(key) = key.filter(|_| name.space == policy.space()) {
            let subject = Subject::Key(name.kind, key.to_vec());
            counts.push((subject, signed(slot.counts().0)));
        }
    });
    counts
}

/// The states of a key: where the policy enforces, and while it only watches that of the trial. Calls `each` with each.
pub fn each_state(policy: &Policy, kind: KeyKind, key: &[u8], mut each: impl FnMut(KeyName<'_>)) {
    for space in policy.spaces() {
        match kind {
            KeyKind::Token => each(KeyName::of_token(key).in_space(space)),
            _ => each(StateKey::of_policy(&policy.name, space, key).name()),
        }
    }
}

fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
