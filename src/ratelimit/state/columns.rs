//! The columns of `phone_crypt.rate_limits` (`sql/ratelimit/ratelimit.sql`) that hold what is known of a key: the one list
//! of them. Both engines write them as parameters in one order: the key, when it was last hit, its state.

use pgrx::IntoDatum;
use phone_crypt_core::ratelimit::{KeyName, Row};

use crate::pg::arrays::{longs, texts};
use crate::pg::interval::POSTGRES_EPOCH_US;
use crate::pg::table_row::{Readable, TableRow};
use crate::pg::{Datum, Oid, oids};

/// The numbers in the table of the columns that are no state.
pub const ID: i32 = 1;
const UPDATED_AT: i32 = 5;
pub const ENGINE: i32 = 18;
pub const KIND: i32 = 19;
pub const SPACE: i32 = 20;

/// The columns of a key's name.
pub const KEY: &str = "id, kind, space";
/// The types of those columns.
pub const KEY_TYPES: [Oid; 3] = [oids::TEXTOID, oids::INT2OID, oids::INT4OID];

/// How many columns there are of a key and what is known of it.
pub const COUNT: usize = KEY_TYPES.len() + 1 + STATE.len();

/// Columns of state: the name of each, its number in the table, its type and that of its arrays, its field of [`Row`].
macro_rules! state_columns {
    ($($name:ident, $number:literal, $type:ident, $array:ident, $field:ident;)+) => {
        const STATE: [&str; [$($number),+].len()] = [$(stringify!($name)),+];

        /// The types of the columns, and of `engine` at their end.
        pub const TYPES: [Oid; COUNT + 1] = [
            oids::TEXTOID, oids::INT2OID, oids::INT4OID, oids::TIMESTAMPTZOID, $(oids::$type,)+ oids::TEXTOID,
        ];

        /// The types of arrays of the columns.
        pub const ARRAY_TYPES: [Oid; COUNT] = [
            oids::TEXTARRAYOID, oids::INT2ARRAYOID, oids::INT4ARRAYOID, oids::TIMESTAMPTZARRAYOID, $(oids::$array),+
        ];

        /// What a whole row of the table says of its key.
        pub fn row_of(row: &TableRow) -> Row {
            let updated: Option<i64> = row.get(UPDATED_AT);
            Row {
                updated_us: updated.map_or(0, |time| time.saturating_add(POSTGRES_EPOCH_US)),
                $($field: Stored::read(row, $number),)+
            }
        }

        /// The columns of one key, and `engine`.
        pub fn values(name: KeyName<'_>, row: &Row, engine: Option<&str>) -> [Option<Datum>; COUNT + 1] {
            let [id, kind, space] = key_values(name);
            let updated_at = (row.updated_us - POSTGRES_EPOCH_US).into_datum();
            [id, kind, space, updated_at, $(row.$field.into_datum(),)+ engine.into_datum()]
        }

        /// The columns of many keys, an array each.
        pub fn arrays(rows: &[(KeyName<'_>, &Row)]) -> [Option<Datum>; COUNT] {
            let updated = rows.iter().map(|(_, row)| Some(row.updated_us - POSTGRES_EPOCH_US));
            [
                ids(rows.iter().map(|(name, _)| *name)),
                rows.iter().map(|(name, _)| name.kind.number()).collect::<Vec<_>>().into_datum(),
                rows.iter().map(|(name, _)| name.space).collect::<Vec<_>>().into_datum(),
                longs(oids::TIMESTAMPTZOID, updated),
                $(rows.iter().map(|(_, row)| row.$field).collect::<Vec<_>>().into_datum(),)+
            ]
        }
    };
}

state_columns! {
    count, 2, INT4OID, INT4ARRAYOID, count;
    window_start, 3, INT8OID, INT8ARRAYOID, window_start_ms;
    algorithm, 6, INT2OID, INT2ARRAYOID, algorithm;
    window_us, 7, INT8OID, INT8ARRAYOID, window_us;
    start_us, 8, INT8OID, INT8ARRAYOID, start_us;
    cur, 9, INT8OID, INT8ARRAYOID, current;
    prev, 10, INT8OID, INT8ARRAYOID, previous;
    tat_ns, 11, INT8OID, INT8ARRAYOID, tat_ns;
    quota, 12, INT8OID, INT8ARRAYOID, quota;
    burst, 13, INT8OID, INT8ARRAYOID, burst;
    violations, 14, INT4OID, INT4ARRAYOID, violations;
    last_violation_us, 15, INT8OID, INT8ARRAYOID, last_violation_us;
    blocked_until_us, 16, INT8OID, INT8ARRAYOID, blocked_until_us;
    expires_us, 17, INT8OID, INT8ARRAYOID, expires_us;
}

/// A field of [`Row`]. A count that is NULL is 0.
trait Stored {
    fn read(row: &TableRow, number: i32) -> Self;
}

impl Stored for i32 {
    fn read(row: &TableRow, number: i32) -> i32 {
        row.get(number).unwrap_or(0)
    }
}

impl Stored for i64 {
    fn read(row: &TableRow, number: i32) -> i64 {
        row.get(number).unwrap_or(0)
    }
}

impl<T: Readable> Stored for Option<T> {
    fn read(row: &TableRow, number: i32) -> Option<T> {
        row.get(number)
    }
}

/// The names of the columns that change with a hit.
pub fn changing() -> impl Iterator<Item = &'static str> {
    ["updated_at"].into_iter().chain(STATE)
}

/// `name(1), name(2)` and so on, for a list of columns or parameters.
pub fn list<T>(items: impl IntoIterator<Item = T>, name: impl Fn(T) -> String) -> String {
    items.into_iter().map(name).collect::<Vec<_>>().join(", ")
}

/// The names of all columns.
pub fn names() -> String {
    format!("{KEY}, {}", list(changing(), str::to_owned))
}

/// The columns of a name: bytes of the database's own encoding, as the text that they came from, kind and space.
pub fn key_values(name: KeyName<'_>) -> [Option<Datum>; 3] {
    [
        name.bytes.into_datum(),
        name.kind.number().into_datum(),
        name.space.into_datum(),
    ]
}

/// Ids as `text[]`. They are in the database's own encoding, whatever that is.
pub fn ids<'a>(names: impl Iterator<Item = KeyName<'a>>) -> Option<Datum> {
    texts(names.map(|name| Some(name.bytes)))
}
