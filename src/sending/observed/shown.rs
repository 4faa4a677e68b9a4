//! What administrators get to see.

use phone_crypt_core::sending::observed::{Region, RegionTraffic, Suspect};
use std::collections::BTreeMap;

use super::area::{OBSERVED, settle};
use super::{memory, store};
use crate::pg::statement::Statement;
use crate::pg::{Oid, clock};
use crate::ratelimit::{Engine, in_force};
use crate::sending::error::Result;

thread_local! {
    static SCHEMA_OF_EXTENSION: Statement = const { Statement::new(
        c"SELECT e.extnamespace FROM pg_catalog.pg_extension AS e WHERE e.extname OPERATOR(pg_catalog.=) 'phone_crypt'",
        &[],
    ) };
}

/// The schema that the extension was created in.
///
/// Errors: no tables, 55000.
pub fn extension_schema() -> Result<Option<Oid>> {
    let tables = store::tables()?;
    let mut schema = None;
    SCHEMA_OF_EXTENSION
        .with(|statement| statement.run(tables.role, &[], |row| schema = row.get(1)));
    Ok(schema)
}

/// The codes to a region under a policy.
pub struct RegionShown {
    /// The policy's space, or its trial's.
    pub space: i32,
    /// The region; `-` for none.
    pub region: String,
    /// Its counts.
    pub traffic: RegionTraffic,
}

/// All regions of this database, as they are now: in seconds since 1970.
///
/// Errors: no tables, or no engine, 55000.
pub fn regions() -> Result<(i64, Vec<RegionShown>)> {
    let tables = store::tables()?;
    let now_s = clock::now_us() / 1_000_000;
    let stored = store::all_regions(&tables).into_iter();
    let mut all: BTreeMap<(i32, String), RegionTraffic> = stored
        .map(|(space, region, traffic)| ((space, region), traffic))
        .collect();
    if in_force()? == Engine::Memory {
        let own = tables.owner();
        settle(now_s);
        let mut memory = OBSERVED.exclusive();
        let book = memory.book();
        for slot in book.regions.iter().filter(|it| it.name.scope.owner == own) {
            let space = i32::try_from(slot.name.scope.space).unwrap_or(-1);
            let region = Region::of_u64(slot.name.name).as_str().to_owned();
            let traffic = all.entry((space, region)).or_default();
            match slot.value.is_loaded {
                0 => traffic.merge(&slot.value.traffic),
                _ => *traffic = slot.value.traffic,
            }
        }
    }
    let shown = all
        .into_iter()
        .map(|((space, region), traffic)| RegionShown {
            space,
            region,
            traffic,
        })
        .collect();
    Ok((now_s, shown))
}

/// The ranges of this database that look pumped; none where the table engine is in force.
///
/// Errors: no tables, or no engine, 55000.
pub fn suspects() -> Result<Vec<Suspect>> {
    let tables = store::tables()?;
    let now_s = clock::now_us() / 1_000_000;
    Ok(match in_force()? {
        Engine::Memory => memory::suspects(&tables, now_s),
        Engine::Table => Vec::new(),
    })
}
