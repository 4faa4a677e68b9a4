//! A day of ordinary traffic with an attack in it: what each set of rules saves, and whom it stops.
//!
//! Ordinary: 10,000 sends a day to 30 regions, by a curve of the day; of 100 codes 90 are verified, after 5 s to 4 minutes; half
//! of those who do not get theirs ask once more. 30 of 100 sends go to numbers that were sent to before. Two of 100 come
//! from one of forty networks that many share, the others from a network of their own. The day before is the same, without an
//! attack.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet};

use phone_crypt_core::ratelimit::{Algorithm, Entry, Limit, Penalties, Quota, hit, look};
use phone_crypt_core::sending::observed::{Attempt, Outcome, Region, Scope, Send};

use super::guards::Guard;
use super::places::{Chance, PLACES, PUMPED};
use super::{Volume, send};

const SCOPE: Scope = Scope { owner: 1, space: 1 };
const DAY: i64 = 86_400;
/// Midnight, UTC.
const START: i64 = 20_000 * DAY;
const VERIFY_WITHIN: i64 = 600;
const SENDS_A_DAY: i64 = 10_000;
/// What an attack sends, and in which time of the second day.
pub const ATTACK_SENDS: i64 = 5_000;
const ATTACK_START: i64 = START + DAY + 10 * 3600;

static NO_PENALTIES: Penalties = Penalties::NONE;

/// An attack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attack {
    /// One address, numbers in all thirty regions.
    OneAddress,
    /// An address for each send, any mobile numbers of one region.
    ManyAddresses,
    /// The same over numbers in a row.
    InARow,
}

impl Attack {
    pub const ALL: [Attack; 3] = [Attack::OneAddress, Attack::ManyAddresses, Attack::InARow];

    pub fn name(self) -> &'static str {
        match self {
            Attack::OneAddress => "one address, many regions",
            Attack::ManyAddresses => "rotating addresses, one region",
            Attack::InARow => "rotating addresses, numbers in a row",
        }
    }

    fn is_to(self, region: &str) -> bool {
        match self {
            Attack::OneAddress => true,
            _ => region == PUMPED,
        }
    }
}

/// What came of it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Report {
    /// Messages of the attack that went out.
    pub attack_sent: i64,
    /// What all of the attack would have cost, in ten-thousandths of a dollar.
    pub attack_cost: i64,
    /// And what it did.
    pub attack_spent: i64,
    /// Ordinary sends of that day to regions that are not attacked, and those of them that were stopped.
    pub elsewhere: (i64, i64),
    /// To those that are.
    pub attacked: (i64, i64),
}

impl Report {
    pub fn add(&mut self, other: &Report) {
        self.attack_sent += other.attack_sent;
        self.attack_cost += other.attack_cost;
        self.attack_spent += other.attack_spent;
        for (sum, more) in [
            (&mut self.elsewhere, other.elsewhere),
            (&mut self.attacked, other.attacked),
        ] {
            sum.0 += more.0;
            sum.1 += more.1;
        }
    }

    /// In hundredths.
    pub fn saved(&self) -> f64 {
        100.0 * (self.attack_cost - self.attack_spent) as f64 / self.attack_cost.max(1) as f64
    }
}

/// Of a day's sends, in each hour.
const CURVE: [u64; 24] = [
    1, 1, 1, 1, 1, 2, 4, 6, 7, 7, 6, 6, 6, 6, 6, 6, 6, 7, 7, 6, 5, 3, 2, 1,
];

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Event {
    at_s: i64,
    order: u64,
    what: What,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    Ask {
        place: usize,
        number: String,
        client: u64,
        is_attack: bool,
        is_again: bool,
    },
    Verify {
        id: i64,
        number: String,
    },
}

/// One run: the day before, and the day of the attack, which lasts so many hours.
pub fn run(seed: u64, attack: Option<(Attack, i64)>, guard: Guard) -> Report {
    let mut simulation = Simulation::new(seed, attack, guard);
    simulation.plan();
    while let Some(Reverse(event)) = simulation.events.pop() {
        simulation.step(event);
    }
    simulation.report
}

/// The first hour of an application with so many sends, all to one region: how many there were, with those who asked again, and how
/// many were stopped.
pub fn launch(seed: u64, an_hour: i64, guard: Guard) -> (i64, i64) {
    let mut simulation = Simulation::new(seed, None, guard);
    for _ in 0..an_hour {
        let number = simulation.chance.number(&PLACES[0]);
        let client = simulation.chance.next() | 1 << 63;
        let at_s = START + DAY + simulation.chance.below(3600) as i64;
        simulation.at(
            at_s,
            What::Ask {
                place: 0,
                number,
                client,
                is_attack: false,
                is_again: false,
            },
        );
    }
    while let Some(Reverse(event)) = simulation.events.pop() {
        simulation.step(event);
    }
    simulation.report.elsewhere
}

struct Simulation {
    chance: Chance,
    attack: Option<(Attack, i64)>,
    guard: Guard,
    events: BinaryHeap<Reverse<Event>>,
    order: u64,
    volume: Volume,
    limits: HashMap<String, Entry>,
    verified: HashSet<String>,
    spent: HashMap<i64, i64>,
    next_id: i64,
    report: Report,
}

impl Simulation {
    fn new(seed: u64, attack: Option<(Attack, i64)>, guard: Guard) -> Simulation {
        Simulation {
            chance: Chance(seed),
            attack,
            guard,
            events: BinaryHeap::new(),
            order: 0,
            volume: Volume::new(8192, 32_768),
            limits: HashMap::new(),
            verified: HashSet::new(),
            spent: HashMap::new(),
            next_id: 1,
            report: Report::default(),
        }
    }

    fn at(&mut self, at_s: i64, what: What) {
        self.order += 1;
        self.events.push(Reverse(Event {
            at_s,
            order: self.order,
            what,
        }));
    }

    fn plan(&mut self) {
        let mut known: Vec<(usize, String)> = Vec::new();
        for index in 0..2 * SENDS_A_DAY {
            let at_s = START + index / SENDS_A_DAY * DAY + self.time_of_day();
            let is_known = !known.is_empty() && self.chance.below(100) < 30;
            let (place, number) = match is_known {
                true => known[self.chance.below(known.len() as u64) as usize].clone(),
                false => {
                    let place = self.chance.place();
                    (place, self.chance.number(&PLACES[place]))
                }
            };
            if !is_known {
                known.push((place, number.clone()));
            }
            let client = match self.chance.below(100) {
                0 | 1 => 1 + self.chance.below(40),
                _ => self.chance.next() | 1 << 63,
            };
            self.at(
                at_s,
                What::Ask {
                    place,
                    number,
                    client,
                    is_attack: false,
                    is_again: false,
                },
            );
        }
        if let Some((attack, hours)) = self.attack {
            self.plan_attack(attack, hours);
        }
    }

    fn plan_attack(&mut self, attack: Attack, hours: i64) {
        let pumped = PLACES.iter().position(|it| it.code == PUMPED).unwrap_or(0);
        let first = 901_000_000 + self.chance.below(1_000_000);
        for index in 0..ATTACK_SENDS {
            let at_s = ATTACK_START + index * hours * 3600 / ATTACK_SENDS;
            let place = match attack {
                Attack::OneAddress => index as usize % PLACES.len(),
                _ => pumped,
            };
            let number = match attack {
                Attack::InARow => format!("998{}", first + index as u64),
                _ => self.chance.number(&PLACES[place]),
            };
            let client = match attack {
                Attack::OneAddress => 77,
                _ => self.chance.next() | 1 << 63,
            };
            self.report.attack_cost += PLACES[place].price;
            self.at(
                at_s,
                What::Ask {
                    place,
                    number,
                    client,
                    is_attack: true,
                    is_again: false,
                },
            );
        }
    }

    fn time_of_day(&mut self) -> i64 {
        let all: u64 = CURVE.iter().sum();
        let mut at = self.chance.below(all);
        let mut hour = 0;
        while at >= CURVE[hour] {
            at -= CURVE[hour];
            hour += 1;
        }
        hour as i64 * 3600 + self.chance.below(3600) as i64
    }

    fn step(&mut self, event: Event) {
        let now_s = event.at_s;
        match event.what {
            What::Verify { id, number } => {
                let _ = self
                    .volume
                    .book()
                    .report(SCOPE.owner, id, Outcome::Verified, now_s);
                self.verified.insert(number);
            }
            What::Ask {
                place,
                number,
                client,
                is_attack,
                is_again,
            } => {
                let id = self.ask(place, &number, client, now_s);
                self.count(place, is_attack, id.is_some(), now_s);
                if is_attack {
                    return;
                }
                let is_verified = self.chance.below(100) < 90;
                let verify_after = 5 << self.chance.below(6);
                let again_after = 60 + self.chance.below(120) as i64;
                let asks_again = self.chance.below(2) == 0;
                match id {
                    Some(id) if is_verified => {
                        self.at(now_s + verify_after, What::Verify { id, number });
                    }
                    Some(_) if asks_again && !is_again => self.at(
                        now_s + again_after,
                        What::Ask {
                            place,
                            number,
                            client,
                            is_attack,
                            is_again: true,
                        },
                    ),
                    _ => {}
                }
            }
        }
    }

    fn count(&mut self, place: usize, is_attack: bool, is_sent: bool, now_s: i64) {
        let place = &PLACES[place];
        if is_attack {
            self.report.attack_sent += i64::from(is_sent);
            self.report.attack_spent += i64::from(is_sent) * place.price;
            return;
        }
        // The second day counts.
        if now_s < START + DAY {
            return;
        }
        let is_attacked = self
            .attack
            .is_some_and(|(attack, _)| attack.is_to(place.code));
        let counts = match is_attacked {
            true => &mut self.report.attacked,
            false => &mut self.report.elsewhere,
        };
        counts.0 += 1;
        counts.1 += i64::from(!is_sent);
    }

    /// The id of the send, if it goes out.
    fn ask(&mut self, place: usize, number: &str, client: u64, now_s: i64) -> Option<i64> {
        let place = &PLACES[place];
        let id = self.next_id;
        self.next_id += 1;
        let attempt = Attempt {
            send: Send {
                scope: SCOPE,
                region: Region::of(place.code),
                client,
                due_s: now_s + VERIFY_WITHIN,
                ..send(id, number)
            },
            rules: self.guard.rules,
            has_verified: self.verified.contains(number),
        };
        if self.volume.book().reserve(&attempt, now_s).is_err() {
            return None;
        }
        let spent = self.spent.get(&(now_s / DAY)).copied().unwrap_or(0);
        let is_paid = self
            .guard
            .budget
            .is_none_or(|budget| spent + place.price <= budget * 10_000);
        if !is_paid || !self.is_within_limits(number, client, now_s) {
            self.volume.book().give_back(SCOPE.owner, id);
            return None;
        }
        *self.spent.entry(now_s / DAY).or_default() += place.price;
        Some(id)
    }

    fn is_within_limits(&mut self, number: &str, client: u64, now_s: i64) -> bool {
        const HOUR: i64 = 3600;
        let mut keys: Vec<(String, i64, i64)> = Vec::new();
        let mut add = |name: &str, key: &str, rates: &[(i64, i64)]| {
            for (limit, window_s) in rates {
                keys.push((format!("{name}:{window_s}:{key}"), *limit, *window_s));
            }
        };
        if self.guard.counts {
            add("number", number, &[(3, 600), (5, HOUR), (10, DAY)]);
            add("client", &client.to_string(), &[(10, HOUR), (30, DAY)]);
        }
        if self.guard.blocks {
            let cut = |digits: usize| &number[..number.len() - digits];
            add("1000", cut(3), &[(10, HOUR), (30, DAY)]);
            add("10000", cut(4), &[(30, HOUR), (100, DAY)]);
        }
        let now_us = now_s * 1_000_000;
        let mut hits = Vec::new();
        for (key, limit, window_s) in keys {
            let limit = Limit {
                algorithm: Algorithm::SlidingWindow,
                quota: Quota::new(limit, window_s * 1_000_000, None).expect("a quota"),
                calendar: None,
                penalties: &NO_PENALTIES,
                count_denied: false,
            };
            let entry = self.limits.get(&key).copied().unwrap_or(Entry::EMPTY);
            let verdict = look(&entry, now_us, &limit, 1).expect("a cost of 1");
            if !verdict.decision.allowed {
                return false;
            }
            hits.push((key, entry, limit));
        }
        for (key, entry, limit) in hits {
            if let (Some(kept), _) = hit(&entry, now_us, &limit, 1).expect("a cost of 1") {
                self.limits.insert(key, kept);
            }
        }
        true
    }
}
