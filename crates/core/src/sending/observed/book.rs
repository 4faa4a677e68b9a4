//! All that is observed, in memory of fixed size: what decides, and what each outcome changes.
//!
//! Whoever owns the memory hands out a [`Book`] under its lock. A send is entered at once, and taken back if it does not go out;
//! until its time to be verified is over it counts neither as verified nor as unverified.

use super::judge::{Known, Refused, Rules, judge};
use super::outcome::Outcome;
use super::prefix::Prefix;
use super::prefixes::{self, Range};
use super::region::Region;
use super::scope::Scope;
use super::sends::{NumberHash, Send, Sends};
use super::slots::{self, Slot};
use super::suspects::{self, Suspect};
use super::traffic::{ClientTraffic, RegionTraffic};

/// How many sends are settled at a time, at most: whoever does it holds the lock.
const AT_A_TIME: usize = 64;
/// The time between two looks for pumped ranges.
const LOOK_S: i64 = 10;

/// What is kept of a region.
#[derive(Debug, Clone, Copy, Default)]
#[repr(C)]
pub struct RegionState {
    /// The counts.
    pub traffic: RegionTraffic,
    /// 1 once what a table had of it has been added.
    pub is_loaded: u32,
    /// 1 if it has changed since it was last written to a table.
    pub is_changed: u32,
}

/// A number that was verified and is still to be written to a table.
#[derive(Debug, Clone, Copy, Default)]
#[repr(C)]
pub struct Verified {
    /// The second half of its hash; the first is the slot's name.
    second: u64,
}

/// Counters of the whole. All zeroes: none.
#[derive(Debug, Clone, Copy, Default)]
#[repr(C)]
pub struct Head {
    /// When pumped ranges were last looked for, in seconds since 1970.
    looked_s: i64,
    /// Whether there may be new ones.
    may_have_suspects: u32,
    /// How many places of the list of ranges have been used; those after them are empty.
    listed: u32,
    /// Sends that were settled before their time, since there was no room.
    pub settled_early: u64,
}

/// A send that is to go out.
#[derive(Debug, Clone, Copy, Default)]
pub struct Attempt {
    /// The send, with the time at which its code is due.
    pub send: Send,
    /// What its policy asks for.
    pub rules: Rules,
    /// Whether the number has verified a code before: then these rules let it pass.
    pub has_verified: bool,
}

/// A send that may go out, as far as these rules are concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Admitted {
    /// Whether its range looks pumped.
    pub is_suspect: bool,
}

/// What is observed.
#[derive(Debug)]
pub struct Book<'a> {
    /// Counters.
    pub head: &'a mut Head,
    /// By region.
    pub regions: &'a mut [Slot<RegionState>],
    /// By client.
    pub clients: &'a mut [Slot<ClientTraffic>],
    /// Not verified yet.
    pub sends: Sends<'a>,
    /// Not written yet.
    pub verified: &'a mut [Slot<Verified>],
    /// By the first digits.
    pub ranges: &'a mut [Range],
    /// Found in those.
    pub suspects: &'a mut [Suspect],
}

impl Book<'_> {
    /// Judges a send, and enters it if it may go out.
    ///
    /// # Errors
    /// The refusal that lasts longest; then nothing is entered.
    pub fn reserve(&mut self, attempt: &Attempt, now_s: i64) -> Result<Admitted, Refused> {
        self.settle(now_s);
        let send = &attempt.send;
        let listed = self.suspects.get(..self.head.listed as usize);
        let listed = listed.unwrap_or_default();
        let suspect_until_s =
            suspects::of(listed, send.scope, send.prefix, now_s).map(|suspect| suspect.until_s);
        let region = slots::find(self.regions, send.scope, send.region.as_u64());
        let client = match send.client {
            0 => None,
            client => slots::find(self.clients, send.scope, client),
        };
        let known = Known {
            region: region.map(|it| &it.value.traffic),
            under_way: self.sends.to_region(send.scope, send.region),
            client: client.map(|it| &it.value),
            suspect_until_s,
        };
        if !attempt.has_verified
            && let Some(refused) = judge(attempt.rules, send.region, known, now_s)
        {
            return Err(refused);
        }
        if let Some(client) = self.client(send, now_s) {
            client.visits.enter(send.region, now_s);
        }
        if let Some(early) = self.sends.enter(*send) {
            self.head.settled_early += 1;
            self.settle_as(&early, false, now_s);
        }
        Ok(Admitted {
            is_suspect: suspect_until_s.is_some(),
        })
    }

    /// Takes back a send that did not go out. Whether it was known.
    pub fn give_back(&mut self, owner: u64, id: i64) -> bool {
        let Some(send) = self.sends.take(owner, id) else {
            return false;
        };
        if let Some(client) = self.client(&send, 0) {
            client.visits.leave(send.region);
        }
        true
    }

    /// What became of a send. The number, if the send is known and was not settled before.
    pub fn report(
        &mut self,
        owner: u64,
        id: i64,
        outcome: Outcome,
        now_s: i64,
    ) -> Option<NumberHash> {
        self.settle(now_s);
        match outcome {
            Outcome::Sent | Outcome::Delivered => self.sends.number_of(owner, id),
            Outcome::Failed => {
                let number = self.sends.number_of(owner, id);
                self.give_back(owner, id);
                number
            }
            Outcome::Verified => {
                let send = self.sends.take(owner, id)?;
                self.verify(&send, now_s);
                Some(send.number)
            }
        }
    }

    /// What became of the sends to a number that are not settled: one of each policy counts as verified, the others not at all.
    /// Whether there was any.
    pub fn report_number(
        &mut self,
        owner: u64,
        number: NumberHash,
        outcome: Outcome,
        now_s: i64,
    ) -> bool {
        self.settle(now_s);
        let is_own = |send: &Send| send.scope.owner == owner;
        match outcome {
            Outcome::Sent | Outcome::Delivered => self.sends.has_to(number, is_own),
            Outcome::Failed => {
                let mut is_known = false;
                while let Some(send) = self.sends.take_to(number, is_own) {
                    is_known = true;
                    if let Some(client) = self.client(&send, 0) {
                        client.visits.leave(send.region);
                    }
                }
                is_known
            }
            Outcome::Verified => {
                let mut is_known = false;
                while let Some(send) = self.sends.take_to(number, is_own) {
                    is_known = true;
                    self.verify(&send, now_s);
                }
                is_known
            }
        }
    }

    /// Counts as unverified what is due; some at a time. Whether there may be more.
    pub fn settle(&mut self, now_s: i64) -> bool {
        let mut settled = 0;
        while settled < AT_A_TIME {
            let Some(send) = self.sends.take_due(now_s) else {
                break;
            };
            settled += 1;
            self.settle_as(&send, false, send.due_s.min(now_s));
        }
        if self.head.may_have_suspects != 0 && now_s >= self.head.looked_s.saturating_add(LOOK_S) {
            self.look(now_s);
        }
        settled == AT_A_TIME
    }

    /// Looks for ranges that look pumped.
    pub fn look(&mut self, now_s: i64) {
        self.head.looked_s = now_s;
        self.head.may_have_suspects = 0;
        let listed = suspects::refresh(self.suspects, self.ranges, now_s);
        self.head.listed = u32::try_from(listed).unwrap_or(u32::MAX);
    }

    /// An owner's pumped ranges that nobody has been told of ([`Book::are_told`]), looked for now, however lately that was done
    /// before.
    pub fn news(&mut self, owner: u64, now_s: i64) -> Vec<Suspect> {
        if self.head.may_have_suspects != 0 {
            self.look(now_s);
        }
        let is_news =
            |it: &&Suspect| it.scope.owner == owner && it.is_announced == 0 && it.is_live(now_s);
        self.suspects.iter().filter(is_news).copied().collect()
    }

    /// Whoever listens has been told of these.
    pub fn are_told(&mut self, news: &[Suspect]) {
        let is_told = |it: &Suspect| {
            let is_same = |told: &Suspect| told.scope == it.scope && told.prefix == it.prefix;
            news.iter().any(is_same)
        };
        for suspect in self.suspects.iter_mut().filter(|it| is_told(it)) {
            suspect.is_announced = 1;
        }
    }

    /// Notes that a number was verified, to be written to a table.
    pub fn note_verified(&mut self, owner: u64, number: NumberHash, now_s: i64) {
        let scope = Scope { owner, space: 0 };
        if let Some(slot) = slots::take(self.verified, scope, number[0], now_s) {
            slot.value.second = number[1];
        }
    }

    /// Whether a number was, and is still to be written.
    #[must_use]
    pub fn has_verified(&self, owner: u64, number: NumberHash) -> bool {
        let scope = Scope { owner, space: 0 };
        slots::find(self.verified, scope, number[0]).is_some_and(|it| it.value.second == number[1])
    }

    /// The numbers of an owner that are to be written, with the time of each. They stay until they are.
    #[must_use]
    pub fn verified_of(&self, owner: u64) -> Vec<(NumberHash, i64)> {
        let is_its =
            |slot: &&Slot<Verified>| !slot.name.is_free() && slot.name.scope.owner == owner;
        self.verified
            .iter()
            .filter(is_its)
            .map(|slot| ([slot.name.name, slot.value.second], slot.name.used_s))
            .collect()
    }

    /// The regions of all owners of which a table does not have all.
    pub fn unwritten_regions(&self) -> impl Iterator<Item = (Scope, Region, RegionState)> {
        let changed = self.regions.iter().filter(|it| it.value.is_changed != 0);
        changed.map(|it| (it.name.scope, Region::of_u64(it.name.name), it.value))
    }

    /// The numbers of all owners that are to be written, with the owner and the time of each.
    pub fn unwritten_numbers(&self) -> impl Iterator<Item = (u64, NumberHash, i64)> {
        let kept = self.verified.iter().filter(|it| !it.name.is_free());
        kept.map(|it| {
            let number = [it.name.name, it.value.second];
            (it.name.scope.owner, number, it.name.used_s)
        })
    }

    /// A region as [`Book::unwritten_regions`] has given it, where nothing is known of it yet. It is to be written.
    pub fn restore_region(
        &mut self,
        scope: Scope,
        region: Region,
        traffic: RegionTraffic,
        is_loaded: bool,
        now_s: i64,
    ) {
        if let Some(slot) = slots::take(self.regions, scope, region.as_u64(), now_s) {
            slot.value = RegionState {
                traffic,
                is_loaded: u32::from(is_loaded),
                is_changed: 1,
            };
        }
    }

    /// These numbers of an owner are written. One that was verified again meanwhile stays.
    pub fn verified_are_written(&mut self, owner: u64, numbers: &[(NumberHash, i64)]) {
        let scope = Scope { owner, space: 0 };
        for (number, at_s) in numbers {
            if let Some(slot) = slots::find_mut(self.verified, scope, number[0])
                && slot.value.second == number[1]
                && slot.name.used_s == *at_s
            {
                *slot = Slot::default();
            }
        }
    }

    /// Adds what a table has of a region, once.
    pub fn load_region(&mut self, scope: Scope, name: u64, stored: &RegionTraffic, now_s: i64) {
        if let Some(slot) = slots::take(self.regions, scope, name, now_s)
            && slot.value.is_loaded == 0
        {
            slot.value.traffic.merge(stored);
            slot.value.is_loaded = 1;
        }
    }

    /// Whether a region has been loaded.
    #[must_use]
    pub fn is_loaded(&self, scope: Scope, name: u64) -> bool {
        slots::find(self.regions, scope, name).is_some_and(|it| it.value.is_loaded != 0)
    }

    /// Forgets all that was observed for which `is_meant`.
    pub fn forget(&mut self, is_meant: impl Fn(Scope) -> bool) {
        slots::forget(self.regions, &is_meant);
        slots::forget(self.clients, &is_meant);
        slots::forget(self.verified, &is_meant);
        self.sends.forget(|send| is_meant(send.scope));
        for range in self.ranges.iter_mut().filter(|it| is_meant(it.scope)) {
            *range = Range::default();
        }
        for suspect in self.suspects.iter_mut().filter(|it| is_meant(it.scope)) {
            *suspect = Suspect::default();
        }
    }

    /// Forgets an owner's numbers. How many entries there were. Sends to them count neither as verified nor as unverified.
    pub fn forget_number(&mut self, owner: u64, number: NumberHash) -> u64 {
        let mut forgotten = 0;
        while self
            .sends
            .take_to(number, |send| send.scope.owner == owner)
            .is_some()
        {
            forgotten += 1;
        }
        for slot in self.verified.iter_mut() {
            let is_its = slot.name.scope.owner == owner
                && slot.name.name == number[0]
                && slot.value.second == number[1];
            if is_its {
                *slot = Slot::default();
                forgotten += 1;
            }
        }
        forgotten
    }

    /// Whether anything is kept for which `is_meant`. Whoever has sent has a region.
    #[must_use]
    pub fn is_used(&self, is_meant: impl Fn(Scope) -> bool) -> bool {
        let is_its = |scope: Scope| scope != Scope::default() && is_meant(scope);
        self.regions.iter().any(|slot| is_its(slot.name.scope))
            || self.verified.iter().any(|slot| is_its(slot.name.scope))
    }

    /// The code of a send was verified. What else was sent to the number under the same policy is settled with it.
    fn verify(&mut self, send: &Send, now_s: i64) {
        self.settle_as(send, true, now_s);
        self.note_verified(send.scope.owner, send.number, now_s);
        let is_same = |other: &Send| other.scope == send.scope;
        while self.sends.take_to(send.number, is_same).is_some() {}
    }

    /// Counts a send as verified or not, at a time.
    fn settle_as(&mut self, send: &Send, is_verified: bool, now_s: i64) {
        if let Some(region) = slots::take(self.regions, send.scope, send.region.as_u64(), now_s) {
            let traffic = &mut region.value.traffic;
            match is_verified {
                true => traffic.verified(now_s),
                false => traffic.unverified(now_s),
            }
            region.value.is_changed = 1;
        }
        if let Some(client) = self.client(send, now_s) {
            match is_verified {
                true => client.verified(send.region, now_s),
                false => client.unverified(now_s),
            }
        }
        let number = (send.prefix, send.number);
        let is_suspect = prefixes::count(self.ranges, send.scope, number, is_verified, now_s);
        self.head.may_have_suspects |= u32::from(is_suspect);
    }

    fn client(&mut self, send: &Send, now_s: i64) -> Option<&mut ClientTraffic> {
        if send.client == 0 {
            return None;
        }
        let slot = slots::take(self.clients, send.scope, send.client, now_s)?;
        Some(&mut slot.value)
    }
}

/// The client and prefix of a send, for those who make one.
impl Send {
    /// A send of these digits.
    #[must_use]
    pub fn with_digits(self, digits: &str) -> Send {
        Send {
            prefix: Prefix::of_number(digits),
            ..self
        }
    }
}
