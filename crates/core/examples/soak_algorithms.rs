//! The algorithms of rate limits, for `tests/soak`: which counts may follow a call, given its answer.
//!
//! The soak knows only that a call was decided at some time between sending it and having its answer. So a count is
//! a state whose time (where the window begins, or when the bucket's next hit is due) lies between two. Reads lines
//!
//! `OP ALGORITHM LIMIT WINDOW_US BURST COST FIRST LAST ALLOWED REMAINING RESET_US COUNT`
//!
//! from standard input: a call (`hit`, `peek` or `refund`) that was decided from FIRST to LAST, microseconds since the
//! epoch, and its answer, with `-` for what is not known. (ALLOWED of a refund: whether anything was given back.) For
//! each it prints `ALLOWED=COUNT` for every count that may follow, with spaces between. A count is `-` for none, or
//! `FIRST,LAST,CURRENT,PREVIOUS`.

use phone_crypt_core::ratelimit::{Algorithm, Entry, Quota, State, decide, peek};
use std::error::Error;
use std::io::{BufRead, Write, stdin, stdout};

type Failure = Box<dyn Error>;

fn main() -> Result<(), Failure> {
    let mut out = stdout().lock();
    for line in stdin().lock().lines() {
        let line = line?;
        let (call, count) = Call::parse(&line)?;
        let counts: Vec<String> = call.after(&count)?.iter().map(text_of).collect();
        writeln!(out, "{}", counts.join(" "))?;
        out.flush()?;
    }
    Ok(())
}

#[derive(Clone, Copy, PartialEq)]
enum Op {
    Hit,
    Peek,
    Refund,
}

/// A call and what is known of its answer.
struct Call {
    op: Op,
    algorithm: Algorithm,
    quota: Quota,
    cost: i64,
    first: i64,
    last: i64,
    allowed: Option<bool>,
    remaining: Option<i64>,
    reset_after_us: Option<i64>,
}

/// A state of which the time lies between `first` and `last`, in microseconds.
#[derive(Clone, Copy)]
struct Count {
    state: Option<State>,
    first: i64,
    last: i64,
}

/// What a call does with one state at one time.
#[derive(Clone, Copy)]
struct Outcome {
    allowed: bool,
    remaining: i64,
    reset_after_us: i64,
    after: Option<State>,
}

impl Outcome {
    /// Whether the outcomes differ in times only.
    fn is_like(&self, other: &Outcome) -> bool {
        let timeless = |outcome: &Outcome| outcome.after.map(without_time);
        (self.allowed, self.remaining) == (other.allowed, other.remaining)
            && timeless(self) == timeless(other)
    }
}

/// A sliding window begins at a multiple of its length: that is no unknown.
fn without_time(state: State) -> State {
    match state.algorithm {
        Algorithm::SlidingWindow => State {
            seen_us: 0,
            ..state
        },
        _ => with_time(state, 0),
    }
}

fn with_time(state: State, time: i64) -> State {
    let (start_us, tat_ns) = match state.algorithm {
        Algorithm::TokenBucket => (0, time * 1000),
        _ => (time, 0),
    };
    State {
        start_us,
        tat_ns,
        seen_us: 0,
        ..state
    }
}

fn time_of(state: Option<State>) -> i64 {
    state.map_or(0, |state| match state.algorithm {
        Algorithm::TokenBucket => state.tat_ns / 1000,
        _ => state.start_us,
    })
}

fn text_of((allowed, count): &(bool, Count)) -> String {
    let allowed = u8::from(*allowed);
    match count.state {
        None => format!("{allowed}=-"),
        Some(state) => {
            let Count { first, last, .. } = count;
            format!(
                "{allowed}={first},{last},{},{}",
                state.current, state.previous
            )
        }
    }
}

fn known<T: std::str::FromStr>(word: &str) -> Result<Option<T>, Failure>
where
    T::Err: Error + 'static,
{
    Ok(if word == "-" {
        None
    } else {
        Some(word.parse()?)
    })
}

impl Call {
    fn parse(line: &str) -> Result<(Call, Count), Failure> {
        let words: Vec<&str> = line.split(' ').collect();
        let &[
            op,
            algorithm,
            limit,
            window,
            burst,
            cost,
            first,
            last,
            allowed,
            remaining,
            reset,
            count,
        ] = &words[..]
        else {
            return Err(format!("not a call: {line}").into());
        };
        let (limit, window): (i64, i64) = (limit.parse()?, window.parse()?);
        let algorithm = Algorithm::parse(algorithm)?;
        if algorithm == Algorithm::TokenBucket && (limit == 0 || window % limit != 0) {
            return Err("a bucket must refill by one hit in a whole number of microseconds".into());
        }
        let call = Call {
            op: match op {
                "hit" => Op::Hit,
                "peek" => Op::Peek,
                "refund" => Op::Refund,
                _ => return Err(format!("not an op: {op}").into()),
            },
            algorithm,
            quota: Quota::new(limit, window, known(burst)?)?,
            cost: cost.parse()?,
            first: first.parse()?,
            last: last.parse()?,
            allowed: known::<u8>(allowed)?.map(|word| word == 1),
            remaining: known(remaining)?,
            reset_after_us: known(reset)?,
        };
        let count = call.count(count)?;
        Ok((call, count))
    }

    fn count(&self, text: &str) -> Result<Count, Failure> {
        if text == "-" {
            return Ok(Count {
                state: None,
                first: 0,
                last: 0,
            });
        }
        let numbers = text
            .split(',')
            .map(str::parse)
            .collect::<Result<Vec<i64>, _>>()?;
        let &[first, last, current, previous] = &numbers[..] else {
            return Err(format!("not a count: {text}").into());
        };
        let state = State {
            algorithm: self.algorithm,
            quota: self.quota,
            start_us: 0,
            current,
            previous,
            tat_ns: 0,
            seen_us: 0,
        };
        Ok(Count {
            state: Some(state),
            first,
            last,
        })
    }

    /// What the call does with a state of this time, at this time.
    fn outcome(&self, count: &Count, time: i64, now_us: i64) -> Result<Outcome, Failure> {
        let before = count.state.map(|state| with_time(state, time));
        if self.op == Op::Refund {
            let refunded = Entry {
                state: before,
                ..Entry::EMPTY
            }
            .refunded(now_us, self.cost);
            return Ok(Outcome {
                allowed: refunded.is_some(),
                remaining: 0,
                reset_after_us: 0,
                after: refunded.map_or(before, |entry| entry.state),
            });
        }
        let (kept, decision) = match self.op {
            Op::Hit => decide(
                before.as_ref(),
                now_us,
                self.algorithm,
                &self.quota,
                self.cost,
            )?,
            _ => (
                None,
                peek(
                    before.as_ref(),
                    now_us,
                    self.algorithm,
                    &self.quota,
                    self.cost,
                )?,
            ),
        };
        Ok(Outcome {
            allowed: decision.allowed,
            remaining: decision.remaining,
            reset_after_us: decision.reset_after_us,
            after: kept.or(before),
        })
    }

    /// The same by age: how far the state's time is ahead of that of the call. All that an answer says depends on
    /// that alone, since a sliding window's time is known.
    fn at(&self, count: &Count, ahead: i64) -> Result<Outcome, Failure> {
        let now_us = self.first.max(count.first - ahead);
        self.outcome(count, now_us + ahead, now_us)
    }

    /// Every count that may follow, and whether the call was allowed.
    fn after(&self, count: &Count) -> Result<Vec<(bool, Count)>, Failure> {
        let mut found = Vec::new();
        for (low, high) in self.pieces(count)? {
            let outcome = self.at(count, low)?;
            let fits = self
                .allowed
                .is_none_or(|allowed| allowed == outcome.allowed)
                && self
                    .remaining
                    .is_none_or(|remaining| remaining == outcome.remaining);
            if fits && let Some((low, high)) = self.narrowed(count, low, high)? {
                found.push((outcome.allowed, self.hull(count, low, high)?));
            }
        }
        Ok(found)
    }

    /// Divides what the state may be ahead by into pieces with outcomes that are alike. Whatever an outcome says only
    /// rises, or only falls, while time goes on: between two that are alike, all are.
    fn pieces(&self, count: &Count) -> Result<Vec<(i64, i64)>, Failure> {
        let mut pieces: Vec<(i64, i64)> = Vec::new();
        let mut rest = vec![(count.first - self.last, count.last - self.first)];
        while let Some((low, high)) = rest.pop() {
            if self.at(count, low)?.is_like(&self.at(count, high)?) {
                match pieces.last_mut() {
                    Some(piece) if self.at(count, piece.0)?.is_like(&self.at(count, low)?) => {
                        piece.1 = high
                    }
                    _ => pieces.push((low, high)),
                }
            } else {
                let middle = low + (high - low) / 2;
                rest.push((middle + 1, high));
                rest.push((low, middle));
            }
        }
        Ok(pieces)
    }

    /// The part of a piece in which the quota is whole again when the answer says. That time rises with how far the
    /// state is ahead.
    fn narrowed(&self, count: &Count, low: i64, high: i64) -> Result<Option<(i64, i64)>, Failure> {
        let Some(seen) = self.reset_after_us else {
            return Ok(Some((low, high)));
        };
        let from = self.first_with(count, low, high, seen)?;
        let to = self.first_with(count, low, high, seen + 1)? - 1;
        Ok((from <= to).then_some((from, to)))
    }

    /// From where on it takes at least so long; beyond `high` if nowhere.
    fn first_with(
        &self,
        count: &Count,
        low: i64,
        high: i64,
        reset_after_us: i64,
    ) -> Result<i64, Failure> {
        let (mut low, mut end) = (low, high + 1);
        while low < end {
            let middle = low + (end - low) / 2;
            if self.at(count, middle)?.reset_after_us >= reset_after_us {
                end = middle;
            } else {
                low = middle + 1;
            }
        }
        Ok(low)
    }

    /// The count after the call, from the earliest state at the earliest time to the latest at the latest.
    fn hull(&self, count: &Count, low: i64, high: i64) -> Result<Count, Failure> {
        let earliest = (
            count.first.max(low + self.first),
            self.first.max(count.first - high),
        );
        let latest = (
            count.last.min(high + self.last),
            self.last.min(count.last - low),
        );
        let first = self.outcome(count, earliest.0, earliest.1)?.after;
        let last = self.outcome(count, latest.0, latest.1)?.after;
        let is_over = last.is_none_or(|state| state.expires_us() <= self.first);
        Ok(match is_over {
            true => Count {
                state: None,
                first: 0,
                last: 0,
            },
            false => Count {
                state: last,
                first: time_of(first),
                last: time_of(last),
            },
        })
    }
}
