//! SQL that the extension itself runs, in the name of the table's owner, with a plan kept for the backend's life.

use pgrx::{Spi, pg_sys};
use std::cell::Cell;
use std::ffi::{CStr, c_char};

use crate::tables::TableRow;

/// A statement and its plan.
pub struct Statement {
    sql: &'static CStr,
    types: &'static [pg_sys::Oid],
    plan: Cell<pg_sys::SPIPlanPtr>,
}

impl Statement {
    /// A statement with parameters of these types. It names every object and operator in full: it is planned
    /// under the caller's search_path.
    pub const fn new(sql: &'static CStr, types: &'static [pg_sys::Oid]) -> Statement {
        Statement {
            sql,
            types,
            plan: Cell::new(std::ptr::null_mut()),
        }
    }

    /// Runs it with these arguments (`None` is NULL). Gives the number of rows; `each` sees those that it returns.
    pub fn run(
        &self,
        owner: pg_sys::Oid,
        arguments: &[Option<pg_sys::Datum>],
        mut each: impl FnMut(&TableRow),
    ) -> u64 {
        let mut values: Vec<pg_sys::Datum> = arguments
            .iter()
            .map(|value| value.unwrap_or(pg_sys::Datum::null()))
            .collect();
        let nulls: Vec<c_char> = arguments
            .iter()
            .map(|value| if value.is_some() { b' ' } else { b'n' } as c_char)
            .collect();
        Spi::connect(|_| {
            let _in_their_name = UserSwitch::to(owner);
            // SAFETY: connected to SPI; there are as many values, nulls and types, and the plan was made for them.
            // What the statement returns stays until SPI is left, which is after the last use.
            unsafe {
                let plan = self.plan();
                let code =
                    pg_sys::SPI_execute_plan(plan, values.as_mut_ptr(), nulls.as_ptr(), false, 0);
                if code < 0 {
                    pgrx::error!("phone_crypt: a statement of its own failed: SPI error {code}");
                }
                let processed = pg_sys::SPI_processed;
                let table = pg_sys::SPI_tuptable;
                if !table.is_null() {
                    for number in 0..processed as usize {
                        each(&TableRow::of(*(*table).vals.add(number), (*table).tupdesc));
                    }
                }
                processed
            }
        })
    }

    /// # Safety
    /// The caller must be connected to SPI.
    unsafe fn plan(&self) -> pg_sys::SPIPlanPtr {
        if self.plan.get().is_null() {
            // SAFETY: a NUL-terminated statement and the types of its parameters; the plan is kept for good.
            unsafe {
                let plan = pg_sys::SPI_prepare(
                    self.sql.as_ptr(),
                    self.types.len() as i32,
                    self.types.as_ptr().cast_mut(),
                );
                if !plan.is_null() && pg_sys::SPI_keepplan(plan) == 0 {
                    self.plan.set(plan);
                }
            }
        }
        self.plan.get()
    }
}

/// Another user, until dropped. An error on the way ends in PostgreSQL's own restoring of the user.
struct UserSwitch {
    user: pg_sys::Oid,
    context: i32,
}

impl UserSwitch {
    fn to(owner: pg_sys::Oid) -> UserSwitch {
        let mut before = UserSwitch {
            user: pg_sys::InvalidOid,
            context: 0,
        };
        // SAFETY: reads and sets variables of this process. The context says that it is a local change, so that
        // SET ROLE and the like are refused meanwhile.
        unsafe {
            pg_sys::GetUserIdAndSecContext(&mut before.user, &mut before.context);
            let local = before.context | pg_sys::SECURITY_LOCAL_USERID_CHANGE as i32;
            pg_sys::SetUserIdAndSecContext(owner, local);
        }
        before
    }
}

impl Drop for UserSwitch {
    fn drop(&mut self) {
        // SAFETY: sets the variables back to what they were.
        unsafe { pg_sys::SetUserIdAndSecContext(self.user, self.context) };
    }
}
