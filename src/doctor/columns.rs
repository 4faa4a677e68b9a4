//! What users' columns hold, by what ANALYZE remembers of them and by a few of their rows. Counts only.

use pgrx::iter::TableIterator;
use pgrx::{name, pg_extern};
use phone_crypt_core::crypto::encrypted_phone::inspect;
use phone_crypt_core::doctor::{Content, LONGEST, content, has_phone};
use phone_crypt_core::phone::Regions;
use std::collections::BTreeMap;

use crate::encrypted_type::bytes_of_row;
use crate::pg::Oid;
use crate::pg::bounded_scan::{scan_some, short_text};
use crate::pg::statistics::{Other, others_of_statistics, texts_of_statistics};
use crate::phone::regions;

/// Texts of one column that are looked at, of each kind of statistics and of its rows.
const MOST_REMEMBERED: usize = 32;
const MOST: usize = 100;

/// The longest document that is looked at, in bytes.
const LONGEST_DOCUMENT: usize = 8192;

/// Pages at the beginning of a table, and as many at its end.
const PAGES: u32 = 8;

/// How many texts were looked at, and what they are.
#[derive(Debug, Default)]
struct Texts {
    looked_at: i32,
    phones: i32,
    unauthenticated: i32,
    addresses: i32,
}

impl Texts {
    fn add(&mut self, text: &[u8], regions: &Regions) {
        self.looked_at += 1;
        match content(text, regions) {
            Content::Phone => self.phones += 1,
            Content::Unauthenticated => self.unauthenticated += 1,
            Content::Address => self.addresses += 1,
            Content::Other => {}
        }
    }
}

/// Those of the setting, whether the database is pinned to them or not.
fn configured_regions() -> Regions {
    let list = regions::configured().unwrap_or_default();
    Regions::parse(&list).unwrap_or_else(|_| Regions::none())
}

/// `phone_crypt.doctor_statistics(relation, column)`: a row with the counts of what the statistics of a column of texts hold; no row
/// where there are none. The relation may be an index.
#[pg_extern(volatile, parallel_restricted, schema = "phone_crypt")]
fn doctor_statistics(
    relation: Option<Oid>,
    column: Option<i16>,
) -> TableIterator<
    'static,
    (
        name!(looked_at, i32),
        name!(phones, i32),
        name!(unauthenticated, i32),
        name!(addresses, i32),
    ),
> {
    let mut texts = Texts::default();
    let regions = configured_regions();
    let has_texts = relation.zip(column).is_some_and(|(relation, column)| {
        texts_of_statistics(relation, column, MOST_REMEMBERED, LONGEST, |text| {
            texts.add(text, &regions)
        })
    });
    row_of(has_texts.then_some(texts))
}

/// `phone_crypt.doctor_other_statistics(relation, column)`: a row with how many of the integers, documents or elements of arrays that
/// the statistics of a column hold were looked at, and how many are, or have in them, a phone number; no row where there are none.
#[pg_extern(volatile, parallel_restricted, schema = "phone_crypt")]
fn doctor_other_statistics(
    relation: Option<Oid>,
    column: Option<i16>,
) -> TableIterator<'static, (name!(looked_at, i32), name!(phones, i32))> {
    let regions = configured_regions();
    let (mut looked_at, mut phones) = (0, 0);
    if let Some((relation, column)) = relation.zip(column) {
        others_of_statistics(
            relation,
            column,
            MOST_REMEMBERED,
            LONGEST_DOCUMENT,
            |value| {
                looked_at += 1;
                let has_phone = match value {
                    Other::Text(text) => content(text, &regions) == Content::Phone,
                    Other::Document(text) => has_phone(text, &regions),
                };
                phones += i32::from(has_phone);
            },
        );
    }
    TableIterator::new((looked_at > 0).then_some((looked_at, phones)))
}

/// `phone_crypt.doctor_rows(relation, column)`: the same of a few rows of the table. No row where somebody has locked it against
/// reading.
#[pg_extern(volatile, parallel_restricted, schema = "phone_crypt")]
fn doctor_rows(
    relation: Option<Oid>,
    column: Option<i16>,
) -> TableIterator<
    'static,
    (
        name!(looked_at, i32),
        name!(phones, i32),
        name!(unauthenticated, i32),
        name!(addresses, i32),
    ),
> {
    let mut texts = Texts::default();
    let regions = configured_regions();
    let was_read = relation.zip(column).is_some_and(|(relation, column)| {
        scan_some(relation, PAGES, |row| {
            short_text(row, column, LONGEST, |text| texts.add(text, &regions));
            (texts.looked_at as usize) < MOST
        })
    });
    row_of(was_read.then_some(texts))
}

fn row_of(
    texts: Option<Texts>,
) -> TableIterator<
    'static,
    (
        name!(looked_at, i32),
        name!(phones, i32),
        name!(unauthenticated, i32),
        name!(addresses, i32),
    ),
> {
    let row = texts.map(|texts| {
        let Texts {
            looked_at,
            phones,
            unauthenticated,
            addresses,
        } = texts;
        (looked_at, phones, unauthenticated, addresses)
    });
    TableIterator::new(row)
}

/// `phone_crypt.doctor_keys_of_rows(relation, column)`: under which keys some values of a column of one of the data types are. No
/// row where somebody has locked it against reading.
#[pg_extern(volatile, parallel_restricted, schema = "phone_crypt")]
fn doctor_keys_of_rows(
    relation: Option<Oid>,
    column: Option<i16>,
) -> TableIterator<
    'static,
    (
        name!(key_id, String),
        name!(hash_key_id, String),
        name!(rows, i64),
    ),
> {
    let mut counts = BTreeMap::new();
    let mut of_type = None;
    if let Some((relation, column)) = relation.zip(column) {
        let mut left = 10 * MOST;
        scan_some(relation, PAGES, |row| {
            let value = bytes_of_row(row, i32::from(column), &mut of_type);
            if let Ok(Some(Ok(info))) = value.map(|value| value.map(inspect)) {
                *counts.entry((info.key_id, info.hash_key_id)).or_insert(0) += 1;
            }
            left -= 1;
            left > 0
        });
    }
    let rows: Vec<_> = counts
        .into_iter()
        .map(|((key, hash_key), rows)| (key.to_string(), hash_key.to_string(), rows))
        .collect();
    TableIterator::new(rows)
}
