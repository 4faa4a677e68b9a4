//! Many rows at once into a table of our own, as COPY … (FORMAT binary) does it: pages are filled and logged as a whole, which takes
//! half of what an INSERT takes for each row.

use pgrx::{pg_guard, pg_sys};
use std::cell::Cell;
use std::ffi::{c_int, c_void};

use super::Oid;
use super::user::UserSwitch;

/// What a file of this format begins with: its signature, no flags, no extension.
const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
/// What it ends with: -1 instead of a number of columns.
const TRAILER: [u8; 2] = [0xff; 2];

/// Rows, as that format has them.
pub struct Rows(Vec<u8>);

impl Rows {
    /// None yet.
    pub fn new() -> Rows {
        Rows(HEADER.to_vec())
    }

    /// Adds a row: its columns in the binary form of their types, in the order of the table.
    pub fn add(&mut self, columns: &[&[u8]]) {
        self.0
            .extend_from_slice(&(columns.len() as u16).to_be_bytes());
        for column in columns {
            self.0
                .extend_from_slice(&(column.len() as u32).to_be_bytes());
            self.0.extend_from_slice(column);
        }
    }

    /// Writes them into a table whose columns are all of those, in this order, in the name of its owner; checks, indexes and
    /// triggers hold. In a transaction with a snapshot.
    pub fn write(mut self, table: Oid, owner: Oid) {
        self.0.extend_from_slice(&TRAILER);
        SOURCE.set((self.0.as_ptr(), self.0.len()));
        let _in_their_name = UserSwitch::to(owner);
        // SAFETY: the relation stays open until its rows are written; what is made for that is of this transaction. An error
        // releases all of it. The bytes live until the end of this function.
        unsafe {
            let relation = pg_sys::table_open(table, pg_sys::RowExclusiveLock as i32);
            let parse = pg_sys::make_parsestate(std::ptr::null_mut());
            pg_sys::addRangeTableEntryForRelation(
                parse,
                relation,
                pg_sys::RowExclusiveLock as i32,
                std::ptr::null_mut(),
                false,
                false,
            );
            let binary = pg_sys::makeString(pg_sys::pstrdup(c"binary".as_ptr()));
            let format = pg_sys::pstrdup(c"format".as_ptr());
            let format = pg_sys::makeDefElem(format, binary.cast(), -1);
            let state = pg_sys::BeginCopyFrom(
                parse,
                relation,
                std::ptr::null_mut(),
                std::ptr::null(),
                false,
                Some(read),
                std::ptr::null_mut(),
                pg_sys::lappend(std::ptr::null_mut(), format.cast()),
            );
            pg_sys::CopyFrom(state);
            pg_sys::EndCopyFrom(state);
            pg_sys::free_parsestate(parse);
            pg_sys::table_close(relation, pg_sys::NoLock as i32);
        }
        SOURCE.set((std::ptr::null(), 0));
    }
}

thread_local! {
    /// What is left to be read.
    static SOURCE: Cell<(*const u8, usize)> = const { Cell::new((std::ptr::null(), 0)) };
}

/// PostgreSQL takes the next bytes: none at the end.
#[pg_guard]
unsafe extern "C-unwind" fn read(out: *mut c_void, _at_least: c_int, at_most: c_int) -> c_int {
    let (start, left) = SOURCE.get();
    let count = left.min(usize::try_from(at_most).unwrap_or(0));
    // SAFETY: `write` has these bytes until it returns, and there is room for so many.
    unsafe {
        out.cast::<u8>().copy_from_nonoverlapping(start, count);
        SOURCE.set((start.add(count), left - count));
    }
    count as c_int
}
