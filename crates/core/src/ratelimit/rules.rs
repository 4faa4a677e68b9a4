//! What an algorithm is.

use super::quota::Quota;
use super::state::State;

/// What is left of a quota.
pub(super) struct Left {
    /// Hits of cost 1 that would be allowed now.
    pub remaining: i64,
    /// Microseconds until the quota is whole again.
    pub reset_after_us: i64,
}

/// What an algorithm is: pure functions of a state, a time, a quota and a cost. A new one is a file and a line
/// in the registry (decide.rs).
pub(super) struct Rules {
    /// The state at this time, windows that are over left behind.
    pub advance: fn(&State, i64, &Quota) -> State,
    /// Whether a hit of this cost is allowed.
    pub fits: fn(&State, i64, &Quota, i64) -> bool,
    /// The state after a hit of this cost, allowed or not.
    pub charge: fn(&State, i64, &Quota, i64) -> State,
    /// The state with hits given back, at most as many as were used. Its own quota is what it counts in.
    pub give_back: fn(&State, i64, i64) -> State,
    /// The state with this cost of a hit of that time given back, as far as the hit still counts.
    pub give_back_hit: fn(&State, i64, i64, i64) -> State,
    /// When nothing of the state matters any more.
    pub expires_us: fn(&State) -> i64,
    /// What is left.
    pub left: fn(&State, i64, &Quota) -> Left,
    /// Microseconds until no more hits than this are used; more are now.
    pub wait: fn(&State, i64, &Quota, i64) -> i64,
    /// Hits already used of the quota that the state was written under, rounded up.
    pub used: fn(&State, i64) -> i64,
    /// A state in which so many hits have just been used.
    pub with_used: fn(&Quota, i64, i64) -> State,
    /// Whether a state that was written under the first quota means the same under the second.
    pub counts_alike: fn(&Quota, &Quota) -> bool,
    /// The largest cost that can ever be allowed, if the limit is not 0.
    pub capacity: fn(&Quota) -> i64,
}
