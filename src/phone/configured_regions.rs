//! The default regions, for the scripts that write them down.

use pgrx::pg_extern;

use super::regions;
use crate::pg::Answer;

/// `phone_crypt.configured_regions()`: `phone_crypt.default_regions` in the one form that is written down, such as
/// `AU,US`. It works on a database that is pinned to other regions.
#[pg_extern(schema = "phone_crypt", stable, parallel_safe)]
fn configured_regions() -> Answer<String> {
    Ok(regions::configured()?)
}
