//! The tables of the statement that is being run, for who asks what a function is called on.

use pgrx::{pg_guard, pg_sys};
use std::cell::{Cell, RefCell};
use std::sync::atomic::{AtomicU64, Ordering};

use super::Oid;
use super::transaction::{self, Ending};

/// Tables of a statement that are told.
pub const MOST: usize = 4;

/// Tables and views that a statement names, or a view in it, in the order of the plan. Neither the catalogue's, nor partitions
/// and children that are read because their parent is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tables {
    oids: [Oid; MOST],
    is_cut: bool,
}

impl Tables {
    /// No table, or none is known.
    pub const NONE: Tables = Tables {
        oids: [Oid::INVALID; MOST],
        is_cut: false,
    };

    /// The tables, each once.
    pub fn oids(&self) -> impl Iterator<Item = Oid> {
        let oids = self.oids.into_iter();
        oids.take_while(|oid| *oid != Oid::INVALID)
    }

    /// Whether there are more.
    pub fn is_cut(&self) -> bool {
        self.is_cut
    }

    fn add(&mut self, table: Oid) {
        for known in &mut self.oids {
            if *known == table {
                return;
            }
            if *known == Oid::INVALID {
                *known = table;
                return;
            }
        }
        self.is_cut = true;
    }
}

/// Relations below this oid are the catalogue's.
const FIRST_NORMAL: u32 = pg_sys::FirstNormalObjectId;

/// Counts how often the tables of the present statement became others. A backend has one thread; a look at a thread-local costs a
/// call, and this is looked at once a row.
static CHANGES: AtomicU64 = AtomicU64::new(0);

thread_local! {
    static CURRENT: Cell<Tables> = const { Cell::new(Tables::NONE) };
    /// What was current when each open subtransaction began, where that was any.
    static AT_SUBTRANSACTION: RefCell<Vec<(pg_sys::SubTransactionId, Tables)>> = const { RefCell::new(Vec::new()) };
    static IS_WANTED: Cell<fn() -> bool> = const { Cell::new(|| false) };
    static NEXT: Cell<pg_sys::ExecutorRun_hook_type> = const { Cell::new(None) };
}

unsafe extern "C-unwind" {
    /// Without pgrx's guard, which would make a panic of a statement's error and lose some of its fields.
    fn standard_ExecutorRun(
        query: *mut pg_sys::QueryDesc,
        direction: pg_sys::ScanDirection::Type,
        count: pg_sys::uint64,
        #[cfg(not(feature = "pg18"))] execute_once: bool,
    );
}

/// The tables of the innermost statement being run that has any. A function's statement without a table leaves those of the
/// statement that called the function. None between the rows of a cursor, and for COPY of a table.
#[inline]
pub fn present() -> Tables {
    CURRENT.get()
}

/// Another number once [`present`] may be something else.
#[inline]
pub fn changes() -> u64 {
    CHANGES.load(Ordering::Relaxed)
}

fn set_present(tables: Tables) {
    if CURRENT.replace(tables) != tables {
        CHANGES.fetch_add(1, Ordering::Relaxed);
    }
}

/// Watches the executor where `is_wanted` says so: asked for each statement, it must be quick and raise nothing. Called once, by
/// `_PG_init`.
pub fn watch(is_wanted: fn() -> bool) {
    IS_WANTED.set(is_wanted);
    // SAFETY: no other thread runs while libraries are loaded; both callbacks live as long as the process.
    unsafe {
        NEXT.set(pg_sys::ExecutorRun_hook);
        pg_sys::ExecutorRun_hook = Some(run);
        pg_sys::RegisterSubXactCallback(Some(at_subtransaction), std::ptr::null_mut());
    }
    transaction::at_every_end(|ending| {
        if ending == Ending::Over {
            set_present(Tables::NONE);
            AT_SUBTRANSACTION.with_borrow_mut(Vec::clear);
        }
    });
}

/// No guard and nothing with a destructor: an error passes as it came. What it leaves in `CURRENT` is put right by whoever
/// catches it, which is the end of a transaction or of a subtransaction.
unsafe extern "C-unwind" fn run(
    query: *mut pg_sys::QueryDesc,
    direction: pg_sys::ScanDirection::Type,
    count: pg_sys::uint64,
    #[cfg(not(feature = "pg18"))] execute_once: bool,
) {
    let before = CURRENT.get();
    if IS_WANTED.get()() {
        // SAFETY: PostgreSQL runs a query that has been planned.
        let tables = unsafe { tables_of((*query).plannedstmt) };
        if tables != Tables::NONE {
            set_present(tables);
        }
    }
    // SAFETY: what this hook was called with goes on.
    unsafe {
        #[cfg(not(feature = "pg18"))]
        match NEXT.get() {
            Some(next) => next(query, direction, count, execute_once),
            None => standard_ExecutorRun(query, direction, count, execute_once),
        }
        #[cfg(feature = "pg18")]
        match NEXT.get() {
            Some(next) => next(query, direction, count),
            None => standard_ExecutorRun(query, direction, count),
        }
    }
    set_present(before);
}

/// # Safety
/// The statement must be one that PostgreSQL has planned, or NULL.
unsafe fn tables_of(statement: *const pg_sys::PlannedStmt) -> Tables {
    let mut tables = Tables::NONE;
    // SAFETY: a plan's range table is a list of its entries, or NULL.
    unsafe {
        if statement.is_null() || (*statement).rtable.is_null() {
            return tables;
        }
        let list = &*(*statement).rtable;
        for index in 0..list.length as usize {
            let cell = &*list.elements.add(index);
            let entry = &*cell.ptr_value.cast::<pg_sys::RangeTblEntry>();
            if is_named(entry) && entry.relid.to_u32() >= FIRST_NORMAL {
                tables.add(entry.relid);
            }
        }
    }
    tables
}

/// Whether the statement, or a view in it, names this table: then PostgreSQL asks who may read it.
fn is_named(entry: &pg_sys::RangeTblEntry) -> bool {
    #[cfg(any(feature = "pg14", feature = "pg15"))]
    return entry.requiredPerms != 0;
    #[cfg(not(any(feature = "pg14", feature = "pg15")))]
    return entry.perminfoindex != 0;
}

#[pg_guard]
unsafe extern "C-unwind" fn at_subtransaction(
    event: pg_sys::SubXactEvent::Type,
    own: pg_sys::SubTransactionId,
    _parent: pg_sys::SubTransactionId,
    _argument: *mut std::ffi::c_void,
) {
    use pg_sys::SubXactEvent::*;
    AT_SUBTRANSACTION.with_borrow_mut(|open| match event {
        SUBXACT_EVENT_START_SUB => {
            let current = CURRENT.get();
            if current != Tables::NONE {
                open.push((own, current));
            }
        }
        SUBXACT_EVENT_COMMIT_SUB | SUBXACT_EVENT_ABORT_SUB => {
            let mut before = Tables::NONE;
            // Those within it have greater numbers.
            while let Some((number, tables)) = open.pop_if(|(number, _)| *number >= own) {
                if number == own {
                    before = tables;
                }
            }
            if event == SUBXACT_EVENT_ABORT_SUB {
                set_present(before);
            }
        }
        _ => {}
    });
}
