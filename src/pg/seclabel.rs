//! Security labels: what is said of an object, in a text that follows it when it is renamed, dumped and restored.

use pgrx::{PgLogLevel, pg_guard, pg_sys};
use std::ffi::{CStr, CString};
use std::sync::OnceLock;

use super::text::Text;
use super::{ErrorReport, Oid};

/// The name that labels of ours go by.
const PROVIDER: &CStr = c"phone_crypt";

/// What a label is put on.
pub struct Labelled {
    /// The table, where it is a column of one.
    pub column_of: Option<Oid>,
    /// The column's number.
    pub number: i32,
}

/// Judges a label; None takes one away.
pub type Judge = fn(&Labelled, Option<&str>) -> Result<(), ErrorReport>;

static JUDGE: OnceLock<Judge> = OnceLock::new();

/// Makes labels of ours known to `SECURITY LABEL`.
pub fn register(judge: Judge) {
    let _ = JUDGE.set(judge);
    // SAFETY: the name and the function live as long as the process.
    unsafe { pg_sys::register_label_provider(PROVIDER.as_ptr(), Some(on_label)) };
}

#[pg_guard]
unsafe extern "C-unwind" fn on_label(
    object: *const pg_sys::ObjectAddress,
    label: *const std::ffi::c_char,
) {
    // SAFETY: PostgreSQL passes the object and a text that ends in NUL, or NULL.
    let (object, label) = unsafe {
        let label = (!label.is_null()).then(|| CStr::from_ptr(label));
        (*object, label)
    };
    let is_column = object.classId == pg_sys::RelationRelationId && object.objectSubId > 0;
    let labelled = Labelled {
        column_of: is_column.then_some(object.objectId),
        number: object.objectSubId,
    };
    // What is not UTF-8 is no label that anybody knows.
    let label = label.map(|label| Text::of(label.to_bytes()).or_empty());
    if let Some(judge) = JUDGE.get()
        && let Err(report) = judge(&labelled, label.as_deref())
    {
        report.report(PgLogLevel::ERROR);
    }
}

/// The label of a table's column.
pub fn of_column(table: Oid, number: i32) -> Option<String> {
    let object = pg_sys::ObjectAddress {
        classId: pg_sys::RelationRelationId,
        objectId: table,
        objectSubId: number,
    };
    // SAFETY: the object is one; what is given is NULL or a copy that ends in NUL.
    let label: Option<CString> = unsafe {
        let label = pg_sys::GetSecurityLabel(&object, PROVIDER.as_ptr());
        (!label.is_null()).then(|| CStr::from_ptr(label).to_owned())
    };
    label?.into_string().ok()
}
