//! A static in shared memory: for a few kilobytes of atomics whose size is known when the library is built.

/// Declares it: `shared_static! { NAME: Type = c"label"; }`. The type must be plain atomics without pointers, and
/// have a `Default`. It may be used once [`request_shared_static!`](crate::request_shared_static) was called, and
/// under preload only.
#[macro_export]
macro_rules! shared_static {
    ($name:ident: $type:ty = $label:expr;) => {
        // SAFETY: plain atomics without pointers, valid in whatever process maps them.
        unsafe impl pgrx::PGRXSharedMemory for $type {}

        static $name: pgrx::PgAtomic<$type> = {
            const LABEL: &std::ffi::CStr = $label;
            // SAFETY: initialised by pg_shmem_init before any backend runs.
            unsafe { pgrx::PgAtomic::new(LABEL) }
        };
    };
}

/// As [`shared_static!`](crate::shared_static), behind a lightweight lock. The type must be plain data without pointers.
#[macro_export]
macro_rules! shared_lock_static {
    ($name:ident: $type:ty = $label:expr;) => {
        // SAFETY: plain data without pointers, valid in whatever process maps it.
        unsafe impl pgrx::PGRXSharedMemory for $type {}

        static $name: pgrx::PgLwLock<$type> = {
            const LABEL: &std::ffi::CStr = $label;
            // SAFETY: initialised by pg_shmem_init before any backend runs.
            unsafe { pgrx::PgLwLock::new(LABEL) }
        };
    };
}

/// Asks for the shared memory of a [`shared_static!`](crate::shared_static). Called by the postmaster while it loads
/// its libraries.
#[macro_export]
macro_rules! request_shared_static {
    ($name:ident) => {{
        use pgrx::{pg_guard, pg_sys};
        pgrx::pg_shmem_init!($name);
    }};
}
