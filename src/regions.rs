//! Region lists, parsed once rather than once a row.

use phone_crypt_core::phone::Regions;
use std::cell::RefCell;
use std::rc::Rc;

use crate::error::Result;
use crate::preload;
use crate::settings::TRACKED;

thread_local! {
    static DEFAULT: RefCell<Option<(u64, Rc<Regions>)>> = const { RefCell::new(None) };
    static EXPLICIT: RefCell<Option<(String, Rc<Regions>)>> = const { RefCell::new(None) };
}

/// Calls `use_regions` with `phone_crypt.default_regions`.
pub fn with_default<T>(use_regions: impl FnOnce(&Regions) -> Result<T>) -> Result<T> {
    let generation = TRACKED.default_regions.changes();
    let regions = match cached_default(generation) {
        Some(regions) => regions,
        None => {
            let regions = Rc::new(Regions::parse(&TRACKED.default_regions.get())?);
            DEFAULT.set(Some((generation, Rc::clone(&regions))));
            regions
        }
    };
    use_regions(&regions)
}

fn cached_default(generation: u64) -> Option<Rc<Regions>> {
    DEFAULT.with_borrow(|cached| {
        let (version, regions) = cached.as_ref()?;
        (*version == generation).then(|| Rc::clone(regions))
    })
}

/// Calls `use_regions` with the regions of an argument such as `'AU,US'`.
///
/// Errors: an unknown or repeated region, 22023.
pub fn with_list<T>(list: &str, use_regions: impl FnOnce(&Regions) -> Result<T>) -> Result<T> {
    let regions = match cached_list(list) {
        Some(regions) => regions,
        None => {
            let regions = Rc::new(Regions::parse(list)?);
            EXPLICIT.set(Some((list.to_owned(), Rc::clone(&regions))));
            regions
        }
    };
    use_regions(&regions)
}

fn cached_list(list: &str) -> Option<Rc<Regions>> {
    EXPLICIT.with_borrow(|cached| {
        let (text, regions) = cached.as_ref()?;
        (text == list).then(|| Rc::clone(regions))
    })
}

/// In the postmaster: compiles what the first call of a backend would otherwise compile. Backends inherit it by
/// fork.
pub fn warm_up() {
    if preload::in_progress() {
        let warmed = with_default(|regions| {
            phone_crypt_core::phone::warm_up(regions);
            Ok(())
        });
        // The check hook has judged the regions, so this cannot fail; if it did, only speed would be lost.
        drop(warmed);
    }
}
