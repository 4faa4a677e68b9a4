//! What is asked of the limiter: a key, its limit, and where the answer is counted.

use phone_crypt_core::ratelimit::{KeyName, Limit, Listing, Part, Verdict};

use super::key::StateKey;
use super::policies::Policy;
use super::storage::Storage;
use super::{denials, lists, outcomes, overrides, table};

/// One key to be held against one limit.
pub struct Request<'a> {
    /// The caller's key, which the lists know.
    pub key: &'a [u8],
    /// Under what name its state is kept.
    pub state: StateKey<'a>,
    /// The limit.
    pub limit: Limit<'a>,
    /// Whether the policy only watches.
    pub shadow: bool,
    /// Whether its state is kept in the table, whatever the engine.
    pub durable: bool,
    /// What the hit costs among several ([`check_all`]).
    pub cost: i64,
    /// Where its answer is counted.
    counted: Counted<'a>,
}

/// Where the answers to hits are counted, by reason.
#[derive(Clone, Copy)]
enum Counted<'a> {
    /// Among those without a policy.
    Plain,
    /// With this policy's.
    Of(&'a Policy),
    /// Elsewhere: whoever asks does it.
    Elsewhere,
}

impl<'a> Request<'a> {
    /// A key against a limit of its own.
    pub fn plain(key: &'a [u8], limit: Limit<'a>) -> Request<'a> {
        Request {
            key,
            state: StateKey::plain(key),
            limit,
            shadow: false,
            durable: false,
            cost: 1,
            counted: Counted::Plain,
        }
    }

    /// A key against a policy.
    pub fn of_policy(policy: &'a Policy, key: &'a [u8]) -> Request<'a> {
        Request::under_names(policy, key, [key])
    }

    /// One key that has several names, each against a policy. What is set for one of the names holds for all.
    pub fn of_names(policy: &'a Policy, names: &'a [Vec<u8>]) -> Vec<Request<'a>> {
        let all = || names.iter().map(Vec::as_slice);
        all()
            .map(|name| Request::under_names(policy, name, all()))
            .collect()
    }

    fn under_names(
        policy: &'a Policy,
        key: &'a [u8],
        names: impl IntoIterator<Item = &'a [u8]>,
    ) -> Request<'a> {
        let limit = policy.limit();
        Request {
            key,
            state: StateKey::of_policy(&policy.name, policy.space(), key),
            limit: Limit {
                quota: overrides::quota(policy, names).unwrap_or(limit.quota),
                ..limit
            },
            shadow: policy.shadow,
            durable: policy.durable,
            cost: 1,
            counted: Counted::Of(policy),
        }
    }

    /// An API token against its policy. Lists know it by its id.
    pub fn of_token(policy: &'a Policy, id: &'a [u8]) -> Request<'a> {
        Request {
            key: id,
            state: StateKey::Named(KeyName::of_token(id).in_space(policy.space())),
            ..Request::of_policy(policy, id)
        }
    }

    /// An address from which a token was tried that does not exist, against a limit, which may be a policy's. Lists know it as
    /// `address`; its state is that of `key`.
    pub fn of_token_failure(
        address: &'a [u8],
        key: &'a [u8],
        limit: Limit<'a>,
        policy: Option<&'a Policy>,
    ) -> Request<'a> {
        Request {
            state: StateKey::Named(KeyName::of_token_failures(key)),
            shadow: policy.is_some_and(|policy| policy.shadow),
            counted: policy.map_or(Counted::Plain, Counted::Of),
            ..Request::plain(address, limit)
        }
    }

    /// What a sending policy counts, in its space, against a limit. Lists know it as `listed`; nothing is known as no bytes.
    pub fn of_send(
        name: KeyName<'a>,
        listed: &'a [u8],
        limit: Limit<'a>,
        cost: i64,
    ) -> Request<'a> {
        Request {
            state: StateKey::Named(name),
            cost,
            counted: Counted::Elsewhere,
            ..Request::plain(listed, limit)
        }
    }

    /// The same hit at another cost.
    pub fn costing(self, cost: i64) -> Request<'a> {
        Request { cost, ..self }
    }

    /// As one of several hits.
    pub(super) fn part(&self) -> Part<'_> {
        Part {
            limit: &self.limit,
            cost: self.cost,
            only_watches: self.shadow,
        }
    }

    pub(super) fn listed(&self) -> Option<Verdict> {
        let limit = self.limit.quota.limit();
        lists::listing(self.key).map(|listing| match listing {
            Listing::Allow => {
                let mut verdict = Verdict::allow_listed(limit);
                verdict.decision.remaining = self.limit.advertised().0;
                verdict
            }
            Listing::Deny => self.shown(Verdict::deny_listed(limit)),
        })
    }

    /// Counts the answer, by policy and reason.
    pub(super) fn count(&self, storage: &Storage, verdict: &Verdict) {
        if !matches!(self.counted, Counted::Elsewhere) {
            denials::note(verdict.reason);
        }
        match self.counted {
            Counted::Elsewhere => {}
            Counted::Plain => outcomes::count_plain(storage, verdict),
            Counted::Of(policy) => {
                outcomes::count(storage, policy.enforced_space, &policy.outcomes, verdict);
            }
        }
    }

    /// Counts an answer that a list gave, which no engine has counted.
    pub(super) fn count_listed(&self, storage: &Storage, verdict: &Verdict) {
        table::count(storage, Some(!verdict.decision.allowed));
        self.count(storage, verdict);
    }

    /// What the caller is told: a policy that only watches lets through.
    pub(super) fn shown(&self, verdict: Verdict) -> Verdict {
        match self.shadow {
            true => verdict.in_shadow(),
            false => verdict,
        }
    }
}
