//! Statics in shared memory: for a few kilobytes whose size is known when the library is built. Each is an [`Area`], and
//! enters the list of areas that `_PG_init` requests.

use std::cell::UnsafeCell;
use std::ffi::CStr;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicPtr, Ordering};

use super::lwlock::{self, Held, LWLock};
use super::shmem::Area;

/// What may lie in shared memory.
///
/// # Safety
/// No part of it may point into a process's own memory, or have a destructor.
pub unsafe trait InSharedMemory: Default {}

// SAFETY: nothing.
unsafe impl InSharedMemory for () {}

/// What may lie in shared memory, and whose first value is all zeroes: too large to be made anywhere else.
///
/// # Safety
/// No part of it may point into a process's own memory, or have a destructor, and zeroes must be a value of it.
pub unsafe trait ZeroedInSharedMemory {}

/// A value of atomics, which all processes share. Declared by [`shared_static!`](crate::shared_static).
pub struct Shared<T> {
    name: &'static CStr,
    start: AtomicPtr<T>,
}

impl<T> Shared<T> {
    /// Not there yet.
    pub const fn new(name: &'static CStr) -> Shared<T> {
        Shared {
            name,
            start: AtomicPtr::new(std::ptr::null_mut()),
        }
    }

    /// The value; `None` where the postmaster did not load the library.
    pub fn find(&self) -> Option<&T> {
        // SAFETY: null, or where `startup` has put a value that stays for the server's life.
        unsafe { self.start.load(Ordering::Relaxed).as_ref() }
    }

    /// The value. There must be one.
    pub fn get(&self) -> &T {
        match self.find() {
            Some(value) => value,
            None => pgrx::error!("phone_crypt is not in shared_preload_libraries"),
        }
    }
}

impl<T: InSharedMemory + Sync> Area for Shared<T> {
    fn name(&self) -> &'static CStr {
        self.name
    }

    fn size(&self) -> usize {
        size_of::<T>()
    }

    fn startup(&self, start: *mut u8, was_there: bool) {
        let start: *mut T = start.cast();
        if !was_there {
            // SAFETY: the area has room for one, and nobody else uses it yet. PostgreSQL aligns areas to cache lines.
            unsafe { start.write(T::default()) };
        }
        self.start.store(start, Ordering::Relaxed);
    }
}

/// A value behind a lightweight lock. Declared by [`shared_lock_static!`](crate::shared_lock_static).
pub struct SharedLock<T>(Shared<Locked<T>>);

struct Locked<T> {
    lock: UnsafeCell<LWLock>,
    value: UnsafeCell<T>,
}

// SAFETY: the value is reached with the lock held only.
unsafe impl<T: Send> Sync for Locked<T> {}

impl<T> SharedLock<T> {
    /// Not there yet. The name is also the wait event of whoever waits for the lock.
    pub const fn new(name: &'static CStr) -> SharedLock<T> {
        SharedLock(Shared::new(name))
    }

    /// The value, for this process alone until dropped. There must be one.
    pub fn exclusive(&self) -> Exclusive<'_, T> {
        let locked = self.0.get();
        // SAFETY: the lock was initialised by `startup`; the caller does not hold it.
        let held = unsafe { Held::exclusively(locked.lock.get()) };
        Exclusive {
            locked,
            _held: held,
        }
    }

    /// As [`SharedLock::exclusive`], unless somebody has it: after an immediate stop somebody may, who is no more.
    pub fn exclusive_if_free(&self) -> Option<Exclusive<'_, T>> {
        let locked = self.0.get();
        // SAFETY: as above.
        let held = unsafe { Held::if_free(locked.lock.get()) }?;
        Some(Exclusive {
            locked,
            _held: held,
        })
    }

    /// Whether there is a value: not where the postmaster did not load the library.
    pub fn is_there(&self) -> bool {
        self.0.find().is_some()
    }

    /// The value, to be read until dropped. There must be one.
    pub fn share(&self) -> Reading<'_, T> {
        let locked = self.0.get();
        // SAFETY: the lock was initialised by `startup`; the caller does not hold it.
        let held = unsafe { Held::shared(locked.lock.get()) };
        Reading {
            locked,
            _held: held,
        }
    }
}

impl<T: InSharedMemory + Send> Area for SharedLock<T> {
    fn name(&self) -> &'static CStr {
        self.0.name
    }

    fn size(&self) -> usize {
        size_of::<Locked<T>>()
    }

    fn startup(&self, start: *mut u8, was_there: bool) {
        let start: *mut Locked<T> = start.cast();
        if !was_there {
            let tranche = lwlock::new_tranche(self.0.name);
            // SAFETY: the area has room for one, and nobody else uses it yet.
            unsafe {
                lwlock::initialize(UnsafeCell::raw_get(&raw const (*start).lock), tranche);
                UnsafeCell::raw_get(&raw const (*start).value).write(T::default());
            }
        }
        self.0.start.store(start, Ordering::Relaxed);
    }
}

impl<T: ZeroedInSharedMemory + Send> SharedLock<T> {
    /// The size of the area.
    pub fn zeroed_size(&self) -> usize {
        size_of::<Locked<T>>()
    }

    /// What [`Area::startup`] does for a value that begins as zeroes.
    pub fn zeroed_startup(&self, start: *mut u8, was_there: bool) {
        let start: *mut Locked<T> = start.cast();
        if !was_there {
            let tranche = lwlock::new_tranche(self.0.name);
            // SAFETY: the area has room for one, and nobody else uses it yet. After a crash it may not be zeroed.
            unsafe {
                start.write_bytes(0, 1);
                lwlock::initialize(UnsafeCell::raw_get(&raw const (*start).lock), tranche);
            }
        }
        self.0.start.store(start, Ordering::Relaxed);
    }
}

/// See [`SharedLock::exclusive`].
pub struct Exclusive<'a, T> {
    locked: &'a Locked<T>,
    _held: Held,
}

impl<T> Deref for Exclusive<'_, T> {
    type Target = T;
    fn deref(&self) -> &T {
        // SAFETY: the lock is held alone.
        unsafe { &*self.locked.value.get() }
    }
}

impl<T> DerefMut for Exclusive<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: the lock is held alone.
        unsafe { &mut *self.locked.value.get() }
    }
}

/// See [`SharedLock::share`].
pub struct Reading<'a, T> {
    locked: &'a Locked<T>,
    _held: Held,
}

impl<T> Deref for Reading<'_, T> {
    type Target = T;
    fn deref(&self) -> &T {
        // SAFETY: the lock is held, and nobody who writes holds it.
        unsafe { &*self.locked.value.get() }
    }
}

/// Declares a value in shared memory: `shared_static! { NAME: Type = c"label"; }`. The type must be plain atomics without
/// pointers, and have a `Default`. The static enters the list of areas in `src/lib.rs`.
#[macro_export]
macro_rules! shared_static {
    ($visible:vis $name:ident: $type:ty = $label:expr;) => {
        // SAFETY: plain atomics without pointers, valid in whatever process maps them.
        unsafe impl $crate::pg::shared_static::InSharedMemory for $type {}

        $visible static $name: $crate::pg::shared_static::Shared<$type> =
            $crate::pg::shared_static::Shared::new($label);
    };
}

/// As [`shared_static!`](crate::shared_static), behind a lightweight lock. The type must be plain data without pointers.
#[macro_export]
macro_rules! shared_lock_static {
    ($visible:vis $name:ident: $type:ty = $label:expr;) => {
        // SAFETY: plain data without pointers, valid in whatever process maps it.
        unsafe impl $crate::pg::shared_static::InSharedMemory for $type {}

        $visible static $name: $crate::pg::shared_static::SharedLock<$type> =
            $crate::pg::shared_static::SharedLock::new($label);
    };
}

/// As [`shared_lock_static!`](crate::shared_lock_static), for a value that begins as zeroes and is too large for a stack. The
/// slice has an [`Area`](super::shmem::Area) of its own for it.
#[macro_export]
macro_rules! zeroed_lock_static {
    ($visible:vis $name:ident: $type:ty = $label:expr;) => {
        // SAFETY: plain numbers without pointers, valid in whatever process maps them, and valid as zeroes.
        unsafe impl $crate::pg::shared_static::ZeroedInSharedMemory for $type {}

        $visible static $name: $crate::pg::shared_static::SharedLock<$type> =
            $crate::pg::shared_static::SharedLock::new($label);
    };
}
