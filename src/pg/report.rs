//! How an error of a feature reaches PostgreSQL: each feature has an enum of its own, and one trait for all.

use pgrx::{PgLogLevel, PgSqlErrorCode, function_name};

use super::{ErrorReport, sqlstate};

/// An error as PostgreSQL reports it. The message is its `Display`.
///
/// No message, detail or hint may carry a phone number, an encrypted value, a token, a secret or a key: errors reach the
/// client, the server log and whatever collects it.
pub trait SqlError: std::error::Error {
    fn sqlstate(&self) -> PgSqlErrorCode;

    /// The SQLSTATE as PostgreSQL has it, where pgrx may have no name for it.
    fn sqlstate_number(&self) -> i32 {
        match self.lower() {
            Some(lower) => lower.sqlstate_number(),
            None => self.sqlstate() as i32,
        }
    }

    /// The error of a lower layer that this one is; None where it is the slice's own.
    fn lower(&self) -> Option<&dyn SqlError> {
        None
    }

    /// What the user can do about it.
    fn hint(&self) -> Option<String> {
        self.lower().and_then(|lower| lower.hint())
    }

    /// Whether it is the value that was passed, and nothing of the server: `try_` functions give NULL then.
    fn is_fault_of_the_value(&self) -> bool {
        self.lower()
            .is_some_and(|lower| lower.is_fault_of_the_value())
    }

    /// The five characters of its SQLSTATE.
    fn sqlstate_text(&self) -> String {
        sqlstate::text(self.sqlstate_number())
    }

    /// The report that raises it.
    fn to_report(&self) -> ErrorReport {
        let number = self.sqlstate_number();
        if number != self.sqlstate() as i32 {
            sqlstate::raise_next_under(number);
        }
        let report = ErrorReport::new(self.sqlstate(), self.to_string(), function_name!());
        match self.hint() {
            Some(hint) => report.set_hint(hint),
            None => report,
        }
    }

    /// Says it in a WARNING, after what is the matter with all of the work.
    fn warn(&self, what: &str) {
        let message = format!("{what}: {self}");
        let report = ErrorReport::new(self.sqlstate(), message, function_name!());
        match self.hint() {
            Some(hint) => report.set_hint(hint),
            None => report,
        }
        .report(PgLogLevel::WARNING);
    }
}

/// What a SQL function gives back: pgrx turns the report into a PostgreSQL error.
pub type Answer<T> = Result<T, ErrorReport>;

/// Lets `?` in a SQL function raise these errors. (pgrx raises nothing but its own `ErrorReport` under a SQLSTATE.)
macro_rules! raise_as_sql_error {
    ($($error:ty),+ $(,)?) => {
        $(impl From<$error> for $crate::pg::ErrorReport {
            fn from(error: $error) -> Self {
                $crate::pg::SqlError::to_report(&error)
            }
        })+
    };
}
pub(crate) use raise_as_sql_error;
