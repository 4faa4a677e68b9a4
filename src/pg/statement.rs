//! SQL that the extension itself runs: statements of its own with a plan kept for the backend's life, in the name
//! of the table's owner; and statements made for a user's table, planned each time.

use pgrx::pg_sys::panic::CaughtError;
use pgrx::{PgSqlErrorCode, PgTryBuilder, Spi, ereport, pg_sys};
use std::borrow::Cow;
use std::cell::Cell;
use std::ffi::{CStr, CString, c_char};
use std::panic::AssertUnwindSafe;

use crate::pg::setting_switch::SettingsLevel;
use crate::pg::sqlstate;
use crate::pg::table_row::TableRow;
use crate::pg::text::in_database_encoding;
use crate::pg::user::UserSwitch;

/// The text of a statement.
enum Sql {
    Written(&'static CStr),
    Made(fn() -> String),
}

/// A statement and its plan.
pub struct Statement {
    sql: Sql,
    types: &'static [pg_sys::Oid],
    plan: Cell<pg_sys::SPIPlanPtr>,
}

impl Statement {
    /// A statement with parameters of these types. It names every object and operator in full: it is planned
    /// under the caller's search_path.
    pub const fn new(sql: &'static CStr, types: &'static [pg_sys::Oid]) -> Statement {
        Statement::of(Sql::Written(sql), types)
    }

    /// As [`Statement::new`], of a text that is made when the statement is first run.
    pub const fn made(sql: fn() -> String, types: &'static [pg_sys::Oid]) -> Statement {
        Statement::of(Sql::Made(sql), types)
    }

    const fn of(sql: Sql, types: &'static [pg_sys::Oid]) -> Statement {
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
        each: impl FnMut(&TableRow),
    ) -> u64 {
        self.execute(owner, arguments, false, each)
    }

    /// As [`Statement::run`] for a query: it sees what the caller's statement sees, and so do all that are run by this while that
    /// lasts, whatever others commit meanwhile.
    pub fn read(
        &self,
        owner: pg_sys::Oid,
        arguments: &[Option<pg_sys::Datum>],
        each: impl FnMut(&TableRow),
    ) -> u64 {
        self.execute(owner, arguments, true, each)
    }

    fn execute(
        &self,
        owner: pg_sys::Oid,
        arguments: &[Option<pg_sys::Datum>],
        is_read_only: bool,
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
                let code = pg_sys::SPI_execute_plan(
                    plan,
                    values.as_mut_ptr(),
                    nulls.as_ptr(),
                    is_read_only,
                    0,
                );
                answers(code, &mut each)
            }
        })
    }

    /// # Safety
    /// The caller must be connected to SPI.
    unsafe fn plan(&self) -> pg_sys::SPIPlanPtr {
        if self.plan.get().is_null() {
            let sql = match self.sql {
                Sql::Written(sql) => Cow::Borrowed(sql),
                Sql::Made(make) => Cow::Owned(nul_terminated(&make())),
            };
            // SAFETY: a NUL-terminated statement and the types of its parameters; the plan is kept for good.
            unsafe {
                let plan = pg_sys::SPI_prepare(
                    sql.as_ptr(),
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

/// Rows that [`scan`] has at a time.
const PORTION: i64 = 1000;

/// Arguments as SPI takes them.
struct Arguments {
    types: Vec<pg_sys::Oid>,
    values: Vec<pg_sys::Datum>,
    nulls: Vec<c_char>,
}

impl Arguments {
    fn of(arguments: &[(pg_sys::Oid, Option<pg_sys::Datum>)]) -> Arguments {
        let value = |value: &Option<pg_sys::Datum>| value.unwrap_or(pg_sys::Datum::null());
        let null = |value: &Option<pg_sys::Datum>| match value {
            Some(_) => b' ' as c_char,
            None => b'n' as c_char,
        };
        Arguments {
            types: arguments.iter().map(|(kind, _)| *kind).collect(),
            values: arguments.iter().map(|(_, it)| value(it)).collect(),
            nulls: arguments.iter().map(|(_, it)| null(it)).collect(),
        }
    }
}

fn nul_terminated(sql: &str) -> CString {
    // The names in it came from this database, so its encoding has every character.
    match in_database_encoding(sql).map(CString::new) {
        Some(Ok(text)) => text,
        _ => {
            ereport!(
                ERROR,
                PgSqlErrorCode::ERRCODE_UNTRANSLATABLE_CHARACTER,
                "phone_crypt: internal SQL is not representable in the database encoding"
            );
        }
    }
}

/// Does what may run a user's code: what that sets is undone, and its error keeps its SQLSTATE, but for those that are not
/// its to raise.
fn guarded<R>(work: impl FnOnce() -> R) -> R {
    let _level = SettingsLevel::open();
    let (result, seen) = sqlstate::seeing(|| {
        PgTryBuilder::new(AssertUnwindSafe(|| Ok(work())))
            .catch_others(|cause| Err(Box::new(cause)))
            .execute()
    });
    let cause = match result {
        Ok(value) => return value,
        Err(cause) => cause,
    };
    let (code, function) = match &*cause {
        CaughtError::PostgresError(report) | CaughtError::ErrorReport(report) => {
            (report.sql_error_code(), report.function_name())
        }
        CaughtError::RustPanic { .. } => cause.rethrow(),
    };
    // Handlers of WHEN OTHERS do not catch these two.
    let passes_handlers = matches!(
        code,
        PgSqlErrorCode::ERRCODE_QUERY_CANCELED | PgSqlErrorCode::ERRCODE_ASSERT_FAILURE
    );
    if passes_handlers && function != Some("ProcessInterrupts") {
        ereport!(
            ERROR,
            PgSqlErrorCode::ERRCODE_TRIGGERED_ACTION_EXCEPTION,
            "code of the table raised an error that is not its to raise"
        );
    }
    let number = sqlstate::number_of(code, seen);
    if number != code as i32 {
        sqlstate::raise_next_under(number);
    }
    cause.rethrow()
}

/// Runs SQL that was made for a user's table, as the current user. `sql` names every object and operator in full;
/// `arguments` are types and values (`None` is NULL). Gives the number of rows; `each` sees those that it returns,
/// whose texts stay valid until `each` returns.
pub fn run(
    sql: &str,
    arguments: &[(pg_sys::Oid, Option<pg_sys::Datum>)],
    mut each: impl FnMut(&TableRow),
) -> u64 {
    let text = nul_terminated(sql);
    let mut given = Arguments::of(arguments);
    Spi::connect(|_| {
        // SAFETY: connected to SPI; there are as many values, nulls and types as parameters. What the statement
        // returns stays until SPI is left, which is after the last use.
        unsafe {
            let code = guarded(|| {
                pg_sys::SPI_execute_with_args(
                    text.as_ptr(),
                    given.types.len() as i32,
                    given.types.as_mut_ptr(),
                    given.values.as_mut_ptr(),
                    given.nulls.as_ptr(),
                    false,
                    0,
                )
            });
            answers(code, &mut each)
        }
    })
}

/// As [`run`] for a query, a portion of its rows at a time: memory does not grow with their number. Ends at the
/// first error of `each`.
///
/// Errors: those of `each`.
pub fn scan<E>(
    sql: &str,
    arguments: &[(pg_sys::Oid, Option<pg_sys::Datum>)],
    mut each: impl FnMut(&TableRow) -> Result<(), E>,
) -> Result<(), E> {
    let cursor = Cursor::open(sql, arguments);
    let mut result = Ok(());
    while result.is_ok() {
        let fetched = cursor.fetch(|row| {
            if result.is_ok() {
                result = each(row);
            }
        });
        if fetched == 0 {
            break;
        }
    }
    cursor.close();
    result
}

/// A query whose rows are fetched a portion at a time, by whoever is the current user then. It ends with the
/// (sub)transaction, if not before.
pub struct Cursor {
    name: CString,
}

impl Cursor {
    /// Opens one; as [`run`].
    pub fn open(sql: &str, arguments: &[(pg_sys::Oid, Option<pg_sys::Datum>)]) -> Cursor {
        let text = nul_terminated(sql);
        let mut given = Arguments::of(arguments);
        Spi::connect(|_| {
            // SAFETY: connected to SPI; there are as many values, nulls and types as parameters. A portal has a name
            // that ends in NUL.
            let name = unsafe {
                let portal = guarded(|| {
                    pg_sys::SPI_cursor_open_with_args(
                        std::ptr::null(),
                        text.as_ptr(),
                        given.types.len() as i32,
                        given.types.as_mut_ptr(),
                        given.values.as_mut_ptr(),
                        given.nulls.as_ptr(),
                        false,
                        pg_sys::CURSOR_OPT_NO_SCROLL as i32,
                    )
                });
                CStr::from_ptr((*portal).name).to_owned()
            };
            Cursor { name }
        })
    }

    /// Fetches some rows. How many; none at the end.
    pub fn fetch(&self, mut each: impl FnMut(&TableRow)) -> u64 {
        Spi::connect(|_| {
            let portal = self.portal();
            // SAFETY: connected to SPI, and the portal is open. What was fetched stays until SPI is left, after its last
            // use.
            unsafe {
                guarded(|| pg_sys::SPI_cursor_fetch(portal, true, PORTION as _));
                answers(pg_sys::SPI_OK_FETCH as i32, &mut each)
            }
        })
    }

    /// Closes it.
    pub fn close(self) {
        let portal = self.portal();
        // SAFETY: the portal is open, and nothing of it is used any more.
        unsafe { pg_sys::SPI_cursor_close(portal) };
    }

    fn portal(&self) -> pg_sys::Portal {
        // SAFETY: a look-up by a name that ends in NUL.
        let portal = unsafe { pg_sys::SPI_cursor_find(self.name.as_ptr()) };
        if portal.is_null() {
            ereport!(
                ERROR,
                PgSqlErrorCode::ERRCODE_INVALID_CURSOR_STATE,
                "phone_crypt: a cursor was closed by code of the table"
            );
        }
        portal
    }
}

/// # Safety
/// The caller must have run a statement through SPI just now, and still be connected.
unsafe fn answers(code: i32, each: &mut impl FnMut(&TableRow)) -> u64 {
    if code < 0 {
        let sqlstate = match code {
            pg_sys::SPI_ERROR_TRANSACTION => {
                PgSqlErrorCode::ERRCODE_INVALID_TRANSACTION_TERMINATION
            }
            pg_sys::SPI_ERROR_COPY => PgSqlErrorCode::ERRCODE_FEATURE_NOT_SUPPORTED,
            _ => PgSqlErrorCode::ERRCODE_INTERNAL_ERROR,
        };
        ereport!(
            ERROR,
            sqlstate,
            format!("phone_crypt: a statement failed: SPI error {code}")
        );
    }
    // SAFETY: SPI's result belongs to the statement just run.
    unsafe {
        let processed = pg_sys::SPI_processed;
        let table = pg_sys::SPI_tuptable;
        if !table.is_null() {
            for number in 0..processed as usize {
                each(&TableRow::of(*(*table).vals.add(number), (*table).tupdesc));
            }
        }
        processed
    }
}

/// Where the owner may not be trusted with the caller's session, triggers of the table that are deferred would fire
/// at COMMIT, in the caller's name; PostgreSQL refuses that. From now on they fire with their statement, in the
/// owner's name.
pub fn fire_deferred_triggers_at_once(in_their_name: &UserSwitch) {
    if in_their_name.is_restricted() {
        run("SET CONSTRAINTS ALL IMMEDIATE", &[], |_| {});
    }
}
