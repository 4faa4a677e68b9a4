//! Three attacks on a day of ordinary traffic: what the rules must save, and whom they may stop.

mod sending_support;

use sending_support::guards::all;
use sending_support::simulation::{Attack, launch, run};

#[test]
fn the_rules_save_nearly_all_of_an_attack_and_stop_few_others() {
    for (attack, hours) in Attack::ALL.into_iter().flat_map(|it| [(it, 6), (it, 1)]) {
        let report = run(4711, Some((attack, hours)), all());
        assert!(report.saved() >= 95.0, "{}: {report:?}", attack.name());
        let (sends, stopped) = report.elsewhere;
        assert!(stopped * 1000 <= sends, "{}: {report:?}", attack.name());
        if attack == Attack::OneAddress {
            let (sends, stopped) = report.attacked;
            assert!(stopped * 1000 <= sends, "{}: {report:?}", attack.name());
        }
    }
}

#[test]
fn a_launch_is_left_alone() {
    for (seed, an_hour) in [(1, 300), (2, 1_000), (3, 3_000)] {
        let (sends, stopped) = launch(seed, an_hour, all());
        assert!(
            sends >= an_hour && stopped * 1000 <= sends,
            "{an_hour}: {stopped} of {sends}"
        );
    }
}

#[test]
fn a_day_without_an_attack_is_left_alone() {
    let report = run(4712, None, all());
    let (sends, stopped) = report.elsewhere;
    assert!(sends > 10_000 && stopped * 1000 <= sends, "{report:?}");
}
