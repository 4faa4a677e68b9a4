//! What was still to be written to the tables when the server stopped: once a shutdown has begun no worker can be started. What
//! the tables never have is not in the file either: no digit of a number, and no client.

use phone_crypt_core::sending::observed::{Book, Region, RegionTraffic, Scope};

use super::area::OBSERVED;
use super::write::WriteObserved;
use crate::pg::saved_state::{SavedState, take};
use crate::pg::{Oid, clock};
use crate::worker::note_work_in;

const FILE: SavedState = SavedState {
    file: "pg_stat/phone_crypt_sends.saved",
    unfinished: "pg_stat/phone_crypt_sends.unfinished",
    magic: b"PCSEND01",
    what: "the saved outcomes of sends",
};

/// Writes the counts of regions, and the numbers that have verified, that the tables do not have.
pub fn save() {
    let Some(mut memory) = OBSERVED.exclusive_if_free() else {
        pgrx::log!("phone_crypt: the outcomes of sends could not be saved");
        return;
    };
    let book = memory.book();
    let regions = || book.unwritten_regions();
    let numbers = || book.unwritten_numbers();
    if regions().next().is_none() && numbers().next().is_none() {
        return;
    }
    let mut bytes = Vec::new();
    let counts = [regions().count() as u64, numbers().count() as u64];
    put(&mut bytes, &counts);
    for (owner, [first, second], at_s) in numbers() {
        put(&mut bytes, &[owner, first, second, at_s.cast_unsigned()]);
    }
    for (scope, region, state) in regions() {
        let traffic = state.traffic.to_bytes();
        let name = [
            scope.owner,
            scope.space.cast_unsigned(),
            region.as_u64(),
            u64::from(state.is_loaded),
            traffic.len() as u64,
        ];
        put(&mut bytes, &name);
        bytes.extend_from_slice(&traffic);
    }
    FILE.save(&bytes);
}

fn put(bytes: &mut Vec<u8>, numbers: &[u64]) {
    for number in numbers {
        bytes.extend_from_slice(&number.to_le_bytes());
    }
}

/// Reads the file, if there is one. What it says is to be written.
pub fn load() {
    FILE.load(|rest| take_all(OBSERVED.exclusive().book(), rest));
}

fn take_all(mut book: Book<'_>, mut rest: &[u8]) -> Option<()> {
    let rest = &mut rest;
    let now_s = clock::now_us() / 1_000_000;
    let (regions, numbers) = (take(rest)?, take(rest)?);
    for _ in 0..numbers {
        let (owner, number) = (take(rest)?, [take(rest)?, take(rest)?]);
        book.note_verified(owner, number, take(rest)?.cast_signed());
        is_to_be_written(owner);
    }
    for _ in 0..regions {
        let (owner, space) = (take(rest)?, take(rest)?.cast_signed());
        let region = Region::of_u64(take(rest)?);
        let is_loaded = take(rest)? != 0;
        let len = usize::try_from(take(rest)?).ok()?;
        let (traffic, after) = rest.split_at_checked(len)?;
        *rest = after;
        let traffic = RegionTraffic::of_bytes(traffic)?;
        let scope = Scope { owner, space };
        book.restore_region(scope, region, traffic, is_loaded, now_s);
        is_to_be_written(owner);
    }
    rest.is_empty().then_some(())
}

fn is_to_be_written(owner: u64) {
    note_work_in(Oid::from((owner >> 32) as u32), &WriteObserved);
}
