//! The rules that look at what became of earlier sends.

use super::region::Region;
use super::traffic::{ClientTraffic, RegionTraffic};

/// What a policy asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rules {
    /// Whether unverified codes are held against verified ones.
    pub conversion: bool,
    /// To how many regions a client may send in a day without a verification from there; 0: to any number.
    pub regions_per_client: usize,
    /// Whether ranges that look pumped are refused.
    pub blocks_suspects: bool,
}

/// Which rule refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Cause {
    /// Too many unverified codes to the region.
    ConversionRegion,
    /// Too many codes to the region are under way.
    Burst,
    /// Too many that the client asked for.
    ConversionClient,
    /// The client sends to too many regions.
    ClientRegions,
    /// The number is in a range that looks pumped.
    Suspect,
}

/// By then honest people have verified most of what is under way, in seconds.
const BURST_RETRY_S: i64 = 60;

/// A refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused {
    /// By which rule.
    pub cause: Cause,
    /// From when on the same send may go out, if the traffic stays as it is, in seconds since 1970.
    pub until_s: i64,
}

/// What is known where a send goes to.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// Of the region.
    pub region: Option<&'a RegionTraffic>,
    /// How many codes to it are neither verified nor late.
    pub under_way: u64,
    /// Of the client.
    pub client: Option<&'a ClientTraffic>,
    /// Until when the range looks pumped, if it does.
    pub suspect_until_s: Option<i64>,
}

/// The refusal that lasts longest, if any rule refuses.
#[must_use]
pub fn judge(rules: Rules, to: Region, known: Known<'_>, now_s: i64) -> Option<Refused> {
    let refused = |cause| move |until_s| Refused { cause, until_s };
    let by_region = known
        .region
        .filter(|_| rules.conversion)
        .and_then(|region| region.is_stopped_until(now_s))
        .map(refused(Cause::ConversionRegion));
    let counts = || known.region.map(|region| region.counts(now_s));
    let may_be_under_way = || counts().unwrap_or_default().may_be_under_way();
    let by_burst = (rules.conversion && known.under_way >= may_be_under_way())
        .then(|| now_s.saturating_add(BURST_RETRY_S))
        .map(refused(Cause::Burst));
    let by_client = known
        .client
        .filter(|_| rules.conversion)
        .and_then(|client| client.is_stopped_until(now_s))
        .map(refused(Cause::ConversionClient));
    let by_visits = known
        .client
        .filter(|_| rules.regions_per_client > 0)
        .and_then(|client| {
            client
                .visits
                .is_stopped_until(to, now_s, rules.regions_per_client)
        })
        .map(refused(Cause::ClientRegions));
    let by_suspect = known
        .suspect_until_s
        .filter(|_| rules.blocks_suspects)
        .map(refused(Cause::Suspect));
    [by_region, by_burst, by_client, by_visits, by_suspect]
        .into_iter()
        .flatten()
        .max_by_key(|it| it.until_s)
}
