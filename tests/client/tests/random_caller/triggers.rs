//! Trigger functions where nobody meant them to be.

use crate::numbers::Numbers;
use crate::relations::CHANGES;

const TIMES: [&str; 4] = ["BEFORE", "AFTER", "BEFORE", "INSTEAD OF"];
const LEVELS: [&str; 3] = ["ROW", "ROW", "STATEMENT"];
const ARGUMENTS: [&str; 9] = [
    "",
    "'phone'",
    "'id'",
    "'nowhere'",
    "'', ''",
    "'one', 'fill'",
    "'two', 'read_with_spelling'",
    "'nowhere', 'clear'",
    "'zoo.parts', 'a', 'b', 'c', 'd', 'e'",
];

/// A trigger on one of the tables, and a change that may fire it.
pub fn trigger(numbers: &mut Numbers, function: &str) -> String {
    let (table, change) = CHANGES[numbers.below(CHANGES.len())];
    let time = numbers.of(&TIMES);
    let events = match (time, numbers.below(3)) {
        (_, 0) => "UPDATE",
        ("INSTEAD OF", _) => "INSERT OR UPDATE OR DELETE",
        (_, 1) => "INSERT OR UPDATE OR DELETE",
        _ => "TRUNCATE",
    };
    let level = numbers.of(&LEVELS);
    let arguments = numbers.of(&ARGUMENTS);
    format!(
        "CREATE TRIGGER a {time} {events} ON {table} FOR EACH {level} EXECUTE FUNCTION {function}({arguments}); {change}"
    )
}
