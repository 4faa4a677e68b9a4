//! The table of docs/sending.md: what sets of rules save in three attacks, and whom they stop. `cargo run --release -p
//! phone_crypt_core --example sending_attacks`

#[path = "../tests/sending_support/mod.rs"]
mod sending_support;

use sending_support::guards::{Guard, all, guards};
use sending_support::simulation::{Attack, Report, launch, run};

/// How many days are simulated for each line.
const DAYS: u64 = 5;

fn main() {
    let quiet = sum(None, Guard::default());
    let sends = quiet.elsewhere.0 / DAYS as i64;
    println!("{sends} ordinary sends a day, {DAYS} days a line\n");
    println!(
        "| attack | in | rules | messages of it sent | cost saved | ordinary sends stopped elsewhere | in attacked regions |"
    );
    println!("| --- | --- | --- | --- | --- | --- | --- |");
    for (name, guard) in guards() {
        print("none", "", name, &sum(None, guard));
    }
    for attack in Attack::ALL {
        for (name, guard) in guards() {
            print(attack.name(), "6 h", name, &sum(Some((attack, 6)), guard));
        }
        let (name, guard) = ("all but the budget", all());
        print(attack.name(), "1 h", name, &sum(Some((attack, 1)), guard));
    }
    print_launches();
}

/// What all rules but the budget stop of the first hour of an application, in percent.
fn print_launches() {
    println!("\n| messages in the first hour, to one region | stopped |\n| --- | --- |");
    for an_hour in [300, 1_000, 3_000, 6_000, 10_000, 30_000] {
        let days: Vec<(i64, i64)> = (0..DAYS).map(|seed| launch(seed, an_hour, all())).collect();
        let sends: i64 = days.iter().map(|it| it.0).sum();
        let stopped: i64 = days.iter().map(|it| it.1).sum();
        println!(
            "| {an_hour} | {:.2}% |",
            100.0 * stopped as f64 / sends.max(1) as f64
        );
    }
}

fn sum(attack: Option<(Attack, i64)>, guard: Guard) -> Report {
    let mut sum = Report::default();
    for seed in 0..DAYS {
        sum.add(&run(seed, attack, guard));
    }
    sum
}

fn print(attack: &str, time: &str, rules: &str, report: &Report) {
    let share = |(all, stopped): (i64, i64)| match all {
        0 => "-".to_owned(),
        all => format!(
            "{:.3}% ({:.1} of {})",
            100.0 * stopped as f64 / all as f64,
            stopped as f64 / DAYS as f64,
            all / DAYS as i64
        ),
    };
    println!(
        "| {attack} | {time} | {rules} | {} | {:.1}% of ${:.0} | {} | {} |",
        report.attack_sent / DAYS as i64,
        report.saved(),
        report.attack_cost as f64 / 10_000.0 / DAYS as f64,
        share(report.elsewhere),
        share(report.attacked)
    );
}
