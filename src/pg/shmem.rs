//! Shared memory: one list of areas, requested at once while the postmaster loads the library.

use pgrx::{pg_guard, pg_sys};
use std::ffi::CStr;
use std::sync::OnceLock;

use super::{Datum, preload};

/// An area of shared memory.
pub trait Area: Sync {
    /// Its name among PostgreSQL's.
    fn name(&self) -> &'static CStr;
    /// Its size in bytes.
    fn size(&self) -> usize;
    /// Called by the postmaster before any other process runs, when the server starts and when it has thrown its
    /// memory away after a crash: with the area's start, and whether it was there already. New memory is zeroed.
    fn startup(&self, start: *mut u8, was_there: bool);
    /// Called by the postmaster when the server stops in an orderly way, and nobody else is there any more.
    fn shutdown(&self) {}
}

static AREAS: OnceLock<&'static [&'static dyn Area]> = OnceLock::new();

static mut PREVIOUS_STARTUP: pg_sys::shmem_startup_hook_type = None;
#[cfg(not(feature = "pg14"))]
static mut PREVIOUS_REQUEST: pg_sys::shmem_request_hook_type = None;

fn areas() -> &'static [&'static dyn Area] {
    AREAS.get().copied().unwrap_or_default()
}

/// Requests all areas, which start in this order. Called once, by `_PG_init`; does nothing without preload.
pub fn request(wanted: &'static [&'static dyn Area]) {
    if !preload::in_progress() || AREAS.set(wanted).is_err() {
        return;
    }
    // SAFETY: the postmaster has one thread; the hooks that were there go on being called.
    unsafe {
        #[cfg(feature = "pg14")]
        for area in areas() {
            pg_sys::RequestAddinShmemSpace(area.size());
        }
        #[cfg(not(feature = "pg14"))]
        {
            PREVIOUS_REQUEST = pg_sys::shmem_request_hook;
            pg_sys::shmem_request_hook = Some(on_request);
        }
        PREVIOUS_STARTUP = pg_sys::shmem_startup_hook;
        pg_sys::shmem_startup_hook = Some(on_startup);
    }
}

#[cfg(not(feature = "pg14"))]
#[pg_guard]
unsafe extern "C-unwind" fn on_request() {
    // SAFETY: called by the postmaster when space may be asked for.
    unsafe {
        if let Some(previous) = PREVIOUS_REQUEST {
            previous();
        }
        for area in areas() {
            pg_sys::RequestAddinShmemSpace(area.size());
        }
    }
}

#[pg_guard]
unsafe extern "C-unwind" fn on_startup() {
    // SAFETY: called by the postmaster before any other process runs, so that no lock is needed.
    unsafe {
        if let Some(previous) = PREVIOUS_STARTUP {
            previous();
        }
        let mut is_first_time = false;
        for area in areas() {
            let mut found = false;
            let start = pg_sys::ShmemInitStruct(area.name().as_ptr(), area.size(), &mut found);
            area.startup(start.cast(), found);
            is_first_time |= !found;
        }
        if is_first_time {
            pg_sys::on_shmem_exit(Some(on_exit), Datum::null());
        }
    }
}

/// Every child of the postmaster may inherit this callback, but only the postmaster is to act.
#[pg_guard]
unsafe extern "C-unwind" fn on_exit(code: i32, _argument: Datum) {
    // SAFETY: reads variables of this process.
    let is_postmaster = unsafe { pg_sys::MyProcPid == pg_sys::PostmasterPid };
    if code == 0 && is_postmaster {
        for area in areas() {
            area.shutdown();
        }
    }
}
