//! Which part of a table a clean-up goes through.

use std::ops::Range;

/// Pages that a run goes through at least.
const LEAST: u32 = 1024;
/// The most runs that it takes to go through all of a table.
const MOST_RUNS: u32 = 16;

/// The pages for the run of this number, of a table of so many pages: all of a small table; of a larger one a share.
/// Runs of consecutive numbers take every share in turn.
pub fn pages_of_run(pages: u32, run: i64) -> Range<u32> {
    let share = pages.div_ceil(MOST_RUNS).max(LEAST);
    let shares = pages.div_ceil(share).max(1);
    // Less than the number of shares.
    let turn = run.rem_euclid(i64::from(shares)) as u32;
    let first = turn * share;
    first..pages.min(first.saturating_add(share))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_table_is_gone_through_at_each_run() {
        for pages in [0, 1, 1000, LEAST] {
            for run in [i64::MIN, -1, 0, 1, 17, i64::MAX] {
                assert_eq!(pages_of_run(pages, run), 0..pages);
            }
        }
    }

    #[test]
    fn sixteen_runs_go_through_every_page_of_a_large_one() {
        for pages in [LEAST + 1, 5000, 16_384, 16_385, 1_000_003, u32::MAX] {
            let mut of_runs: Vec<_> = (-5..11).map(|run| pages_of_run(pages, run)).collect();
            of_runs.sort_by_key(|range| range.start);
            of_runs.dedup();
            let mut next = 0;
            for range in &of_runs {
                assert_eq!(range.start, next);
                assert!(range.end > range.start);
                next = range.end;
            }
            assert_eq!(next, pages);
        }
    }
}
