//! How long the writer of the log stays for more records. A new writer is a process, a connection and caches of the catalogue: that
//! costs as much as tens of thousands of records.

use std::time::Duration;

/// When a writer goes on.
#[derive(Debug, Clone, Copy)]
pub struct StayRule {
    /// Records that it writes at once: where there are so many, more may wait.
    pub batch: usize,
    /// It stays where so many have come since the last pause.
    pub busy: usize,
    /// It ends after so long.
    pub longest: Duration,
}

/// What a writer does after it has written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AfterWrite {
    /// It writes again: more may wait.
    Write,
    /// It waits for more, and writes again.
    Pause,
    /// It ends.
    End,
}

/// A writer's stay.
#[derive(Debug)]
pub struct Stay {
    rule: StayRule,
    since_pause: usize,
}

impl Stay {
    /// Begins.
    #[must_use]
    pub fn new(rule: StayRule) -> Stay {
        Stay {
            rule,
            since_pause: 0,
        }
    }

    /// So many records have been written, so long after the beginning. What is left over after a full batch says nothing of how many
    /// come: all since the last pause do.
    pub fn wrote(&mut self, count: usize, stayed: Duration) -> AfterWrite {
        self.since_pause += count;
        if count >= self.rule.batch {
            return AfterWrite::Write;
        }
        let is_busy = self.since_pause >= self.rule.busy;
        self.since_pause = 0;
        match is_busy && stayed < self.rule.longest {
            true => AfterWrite::Pause,
            false => AfterWrite::End,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stay() -> Stay {
        Stay::new(StayRule {
            batch: 4000,
            busy: 100,
            longest: Duration::from_secs(10),
        })
    }

    #[test]
    fn it_ends_where_few_come() {
        assert_eq!(stay().wrote(99, Duration::ZERO), AfterWrite::End);
        assert_eq!(stay().wrote(0, Duration::ZERO), AfterWrite::End);
    }

    #[test]
    fn it_stays_where_many_come() {
        let mut stay = stay();
        for _ in 0..20 {
            assert_eq!(stay.wrote(100, Duration::ZERO), AfterWrite::Pause);
        }
        assert_eq!(stay.wrote(99, Duration::ZERO), AfterWrite::End);
    }

    #[test]
    fn the_rest_after_a_full_batch_does_not_end_it() {
        let mut stay = stay();
        assert_eq!(stay.wrote(4000, Duration::ZERO), AfterWrite::Write);
        assert_eq!(stay.wrote(3, Duration::ZERO), AfterWrite::Pause);
        assert_eq!(stay.wrote(3, Duration::ZERO), AfterWrite::End);
    }

    #[test]
    fn it_ends_in_time_once_nothing_waits() {
        let late = Duration::from_secs(10);
        let mut stay = stay();
        assert_eq!(stay.wrote(4000, late), AfterWrite::Write);
        assert_eq!(stay.wrote(3999, late), AfterWrite::End);
    }
}
