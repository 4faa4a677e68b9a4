//! Changes of the catalogue that this process hears of.

use pgrx::{pg_guard, pg_sys};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Counts changes of what some of the catalogue's caches hold.
pub struct CatalogChanges {
    caches: &'static [pg_sys::SysCacheIdentifier::Type],
    count: AtomicU64,
    is_watched: AtomicBool,
}

impl CatalogChanges {
    /// Of these caches.
    pub const fn of(caches: &'static [pg_sys::SysCacheIdentifier::Type]) -> CatalogChanges {
        CatalogChanges {
            caches,
            count: AtomicU64::new(0),
            is_watched: AtomicBool::new(false),
        }
    }

    /// Another number after each change. To be taken before what is remembered is looked up.
    #[inline]
    pub fn generation(&'static self) -> u64 {
        if !self.is_watched.load(Ordering::Relaxed) {
            self.watch();
        }
        self.count.load(Ordering::Relaxed)
    }

    #[cold]
    fn watch(&'static self) {
        if self.is_watched.swap(true, Ordering::Relaxed) {
            return;
        }
        for cache in self.caches {
            // SAFETY: the callback and what it is given live as long as the process; it is registered once for each cache.
            unsafe {
                pg_sys::CacheRegisterSyscacheCallback(
                    *cache as i32,
                    Some(on_change),
                    pg_sys::Datum::from(std::ptr::from_ref(self)),
                );
            }
        }
    }
}

#[pg_guard]
unsafe extern "C-unwind" fn on_change(changes: pg_sys::Datum, _cache: i32, _hash: pg_sys::uint32) {
    // SAFETY: `watch` registers this with a static.
    let changes = unsafe { &*changes.cast_mut_ptr::<CatalogChanges>() };
    changes.count.fetch_add(1, Ordering::Relaxed);
}
