//! Many sessions of one role share its budget.

use phone_crypt_client_tests::Sql;
use postgres::Client;

use crate::shared::{SERVER, World, is_used_up, read};

const SESSIONS: usize = 64;

/// Runs the same in 64 sessions of a role at once, and adds up what each returns.
fn at_once(world: &World<'_>, role: &str, work: impl Fn(&mut Client) -> u64 + Sync) -> u64 {
    let passed = world
        .server
        .at_once(&world.database, SESSIONS, |_, session| {
            session.run(&format!("SET SESSION AUTHORIZATION {role}"));
            work(session)
        });
    passed.into_iter().sum()
}

#[test]
fn of_64_sessions_that_read_one_by_one_exactly_so_many_reads_pass() {
    let mut world = World::new(&SERVER, 10);
    let ann = world.role("ann");
    world.budget(&ann, 3000);
    let passed = at_once(&world, &ann, |session| {
        let mut passed = 0;
        loop {
            match read(session, 1) {
                Ok(()) => passed += 1,
                refused => {
                    is_used_up(refused);
                    return passed;
                }
            }
        }
    });
    assert_eq!(passed, 3000);
    assert_eq!(world.used(&ann), [format!("{ann}|3000|{SESSIONS}")]);
}

/// What one has reserved is refused to the others meanwhile, and read by somebody later.
#[test]
fn of_64_sessions_that_read_in_bulk_never_more() {
    let mut world = World::new(&SERVER, 1000);
    let ann = world.role("ann");
    const BUDGET: u64 = 50_000;
    world.budget(&ann, BUDGET as i64);
    let passed = at_once(&world, &ann, |session| {
        let mut passed = 0;
        while let Ok(()) = read(session, 1000) {
            passed += 1000;
        }
        passed
    });
    assert!(passed <= BUDGET, "{passed}");
    let used = "SELECT used FROM phone_crypt.read_budgets";
    let before = world.admin.number(used) as u64;
    assert!(passed <= before && before <= BUDGET, "{passed} {before}");
    let mut session = world.session(&ann);
    let mut rest = 0;
    while let Ok(()) = read(&mut session, 1) {
        rest += 1;
    }
    assert_eq!(before + rest, BUDGET);
    assert_eq!(world.admin.number(used) as u64, BUDGET);
}
