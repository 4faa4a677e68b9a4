//! Endpoints, as this backend remembers them.

use phone_crypt_core::webhook::{self, Key};
use std::cell::{OnceCell, RefCell};
use std::cmp::Reverse;
use std::collections::HashMap;
use std::rc::Rc;

use pgrx::datum::Interval;

use super::error::Result;
use super::secret;
use super::stats::Remembered;
use crate::pg::cached_table::{self, CachedTable};
use crate::pg::interval::span_us;
use crate::pg::table_row::TableRow;
use crate::pg::{TimestampTz, table_scan};
use crate::settings::SCHEMA;

/// The endpoints.
static ENDPOINTS: CachedTable = CachedTable::new(SCHEMA, c"webhook_endpoints");
/// Their secrets.
static SECRETS: CachedTable = CachedTable::new(SCHEMA, c"webhook_secrets");

/// Where one provider sends its webhooks.
pub struct Endpoint {
    /// Its number: another one if it is dropped and made anew.
    pub id: i32,
    name: String,
    /// How its requests are signed.
    pub scheme: &'static dyn webhook::Scheme,
    /// How far the signed time may be from now, in microseconds.
    pub tolerance_us: i64,
    /// How long what was seen is kept at least, in microseconds.
    pub replay_period_us: i64,
    /// That in force first, then by the time at which they end, the last one first.
    secrets: Vec<Secret>,
    keys: OnceCell<Vec<Key>>,
    /// Where its outcomes are counted.
    pub outcomes: Remembered,
}

struct Secret {
    value: Vec<u8>,
    /// None for the one in force.
    ends_at: Option<TimestampTz>,
}

impl Secret {
    fn is_live(&self, now: TimestampTz) -> bool {
        self.ends_at.is_none_or(|end| now < end)
    }
}

impl Endpoint {
    /// The keys that hold now, of which any may have signed.
    ///
    /// Errors: a stored secret that does not open: not authentic, 22000; its key is not configured, 55000.
    pub fn live_keys(&self, now: TimestampTz) -> Result<&[Key]> {
        let live = self
            .secrets
            .iter()
            .take_while(|secret| secret.is_live(now))
            .count();
        let keys = match self.keys.get() {
            Some(keys) => keys,
            None => {
                let open = |it: &Secret| secret::open(self.scheme, &self.name, &it.value);
                let opened = self.secrets.iter().take(live).map(open);
                let opened = opened.collect::<Result<Vec<Key>>>()?;
                self.keys.get_or_init(|| opened)
            }
        };
        Ok(keys.get(..live).unwrap_or(keys))
    }
}

thread_local! {
    static KNOWN: RefCell<HashMap<String, Rc<Endpoint>>> = RefCell::new(HashMap::new());
}

/// The endpoint of this name.
pub fn find(name: &str) -> Option<Rc<Endpoint>> {
    refresh();
    KNOWN.with_borrow(|known| known.get(name).cloned())
}

/// Every endpoint's number and name.
pub fn all() -> Vec<(i32, String)> {
    refresh();
    let mut all: Vec<(i32, String)> = KNOWN.with_borrow(|known| {
        let pair = |endpoint: &Rc<Endpoint>| (endpoint.id, endpoint.name.clone());
        known.values().map(pair).collect()
    });
    all.sort_unstable();
    all
}

/// The numbers of all endpoints.
pub fn numbers() -> Vec<i32> {
    all().into_iter().map(|(id, _)| id).collect()
}

fn refresh() {
    cached_table::listen_once_a_statement();
    if !ENDPOINTS.is_valid() || !SECRETS.is_valid() {
        let all = read_all();
        // Dropped only when nothing is borrowed any more.
        drop(KNOWN.replace(all));
    }
}

fn read_all() -> HashMap<String, Rc<Endpoint>> {
    let (Some(endpoints), Some(secrets)) = (ENDPOINTS.watch(), SECRETS.watch()) else {
        return HashMap::new();
    };
    // Before they are read: a change that arrives meanwhile makes them be read again.
    ENDPOINTS.mark_valid();
    SECRETS.mark_valid();
    let mut of_endpoint: HashMap<i32, Vec<Secret>> = HashMap::new();
    table_scan::scan(secrets, |row| {
        if let (Some(id), Some(value)) = (row.get(1), row.get(2)) {
            let ends_at = row.get(3);
            of_endpoint
                .entry(id)
                .or_default()
                .push(Secret { value, ends_at });
        }
    });
    let mut all = HashMap::new();
    table_scan::scan(endpoints, |row| {
        if let Some(mut endpoint) = from_row(row) {
            endpoint.secrets = of_endpoint.remove(&endpoint.id).unwrap_or_default();
            let end = |secret: &Secret| secret.ends_at.unwrap_or(TimestampTz::MAX);
            endpoint.secrets.sort_by_key(|secret| Reverse(end(secret)));
            all.insert(endpoint.name.clone(), Rc::new(endpoint));
        }
    });
    all
}

/// None for a scheme that this version does not have: then there is no such endpoint.
fn from_row(row: &TableRow) -> Option<Endpoint> {
    let scheme: String = row.string(3)?;
    let tolerance: Interval = row.get(4)?;
    let replay_period: Interval = row.get(5)?;
    Some(Endpoint {
        id: row.get(1)?,
        name: row.string(2)?,
        scheme: webhook::find(&scheme).ok()?,
        tolerance_us: span_us(&tolerance),
        replay_period_us: span_us(&replay_period),
        secrets: Vec::new(),
        keys: OnceCell::new(),
        outcomes: Remembered::default(),
    })
}
