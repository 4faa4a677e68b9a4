//! What the texts of a user's column are as phone numbers: counts, and samples that show no number.

use pgrx::IntoDatum;
use phone_crypt_core::phone::{self, Regions};
use std::collections::{BTreeSet, HashMap};

use crate::pg::PgError;
use crate::pg::setting_switch::BatchSettings;
use crate::pg::statement;
use crate::pg::text::Text;
use crate::pg::user::{self, UserSwitch, current_user};
use crate::pg::{Oid, oids};
use crate::phone::error::Result;
use crate::phone::regions::Chosen;

/// Samples of one group.
const MOST_SAMPLES: usize = 3;
/// The longest shape of a text, in characters.
const MOST_CHARACTERS: usize = 40;

/// What texts of a group have in common.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Group {
    /// `valid`, `possible`, `null`, or why they are refused.
    pub outcome: &'static str,
    /// The region of valid numbers.
    pub region: Option<&'static str>,
    /// Whether the numbers have extensions.
    pub has_extension: bool,
}

/// How many they are, and what some of them look like.
#[derive(Debug, Default)]
pub struct Found {
    /// Rows.
    pub rows: i64,
    /// Masks of numbers, shapes of other texts.
    pub samples: BTreeSet<String>,
}

impl Found {
    fn add(&mut self, sample: Option<String>) {
        self.rows += 1;
        self.samples.extend(sample);
        if self.samples.len() > MOST_SAMPLES {
            self.samples.pop_last();
        }
    }
}

/// Reads a whole column, a portion at a time, in the name of the table's owner where the caller may act as the
/// owner, else in the caller's own.
///
/// Errors: no such relation, 42P01; an unknown region, 22023; default regions that differ from the pin, 55000; what
/// PostgreSQL raises, as where the caller may not read the column or row-level security would hide rows, 42501.
pub fn run(table: Oid, column: &str, regions: &Chosen<'_>) -> Result<HashMap<Group, Found>> {
    regions.check()?;
    let query = query(table, column)?;
    let _in_their_name = match user::as_owner(table) {
        Ok(owner) => owner,
        Err(_) => UserSwitch::restricted_to(current_user()),
    };
    let _settings = BatchSettings::for_any_rows();
    let mut groups: HashMap<Group, Found> = HashMap::new();
    statement::scan(&query, &[], |row| {
        let text: Option<Text<'_>> = row.get(1);
        let (group, sample) = match text {
            Some(text) => look_at(&text.or_empty(), regions)?,
            None => (refused("null"), None),
        };
        groups.entry(group).or_default().add(sample);
        Result::Ok(())
    })?;
    Ok(groups)
}

fn query(table: Oid, column: &str) -> Result<String> {
    let sql = "SELECT pg_catalog.format('SELECT (c.%I)::pg_catalog.text FROM %I.%I AS c', $2, n.nspname, r.relname) \
                 FROM pg_catalog.pg_class AS r JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) r.relnamespace \
                WHERE r.oid OPERATOR(pg_catalog.=) $1";
    let arguments = [
        (oids::OIDOID, table.into_datum()),
        (oids::TEXTOID, column.into_datum()),
    ];
    let mut query = None;
    statement::run(sql, &arguments, |row| query = row.string(1));
    Ok(query.ok_or(PgError::NoSuchTable(table))?)
}

/// What a text is, and what to show of it.
fn look_at(text: &str, regions: &Chosen<'_>) -> Result<(Group, Option<String>)> {
    let read = regions.with(text, |regions: &Regions| {
        Result::Ok(phone::parse(text, regions))
    })?;
    Ok(match read {
        Ok(phone) => {
            let group = Group {
                outcome: if phone.is_valid() {
                    "valid"
                } else {
                    "possible"
                },
                region: phone.region(),
                has_extension: phone.has_extension(),
            };
            (group, Some(phone::mask_e164(phone.e164())))
        }
        Err(error) => (refused(error.reason()), Some(shape(text))),
    })
}

fn refused(outcome: &'static str) -> Group {
    Group {
        outcome,
        region: None,
        has_extension: false,
    }
}

/// The kinds of a text's characters: `d` for a digit, `a` for a letter, ASCII's blanks and punctuation as they are,
/// `?` for anything else.
fn shape(text: &str) -> String {
    let kind = |character: char| match character {
        _ if character.is_numeric() => 'd',
        _ if character.is_alphabetic() => 'a',
        ' ' | '!'..='~' => character,
        _ => '?',
    };
    text.chars().map(kind).take(MOST_CHARACTERS).collect()
}
