//! How an error of a feature reaches PostgreSQL: each feature has an enum of its own, and one trait for all.

use pgrx::{PgLogLevel, PgSqlErrorCode, function_name};

use super::{ErrorReport, sqlstate};

/// Where an error comes from.
pub enum Origin<'a> {
    /// A lower layer's, which gives its SQLSTATE, and its hint unless the slice has a better one.
    Lower(&'a dyn SqlError),
    /// The slice's own, under this SQLSTATE.
    Own(PgSqlErrorCode),
}

/// An error as PostgreSQL reports it. The message is its `Display`. An enum says what is its own; what is a lower layer's is
/// asked there.
///
/// No message, detail or hint may carry a phone number, an encrypted value, a token, a secret or a key: errors reach the
/// client, the server log and whatever collects it.
pub trait SqlError: std::error::Error {
    /// Where it comes from: for each variant the lower layer's error, or a SQLSTATE.
    fn origin(&self) -> Origin<'_>;

    /// What the user can do about it, as far as this enum knows; None leaves it to the lower layer.
    fn own_hint(&self) -> Option<String> {
        None
    }

    /// `is_fault_of_the_value` for the slice's own errors.
    fn is_own_fault_of_the_value(&self) -> bool {
        false
    }

    fn sqlstate(&self) -> PgSqlErrorCode {
        match self.origin() {
            Origin::Lower(lower) => lower.sqlstate(),
            Origin::Own(code) => code,
        }
    }

    /// The SQLSTATE as PostgreSQL has it, where pgrx may have no name for it.
    fn sqlstate_number(&self) -> i32 {
        match self.origin() {
            Origin::Lower(lower) => lower.sqlstate_number(),
            Origin::Own(code) => code as i32,
        }
    }

    /// What the user can do about it.
    fn hint(&self) -> Option<String> {
        self.own_hint().or_else(|| match self.origin() {
            Origin::Lower(lower) => lower.hint(),
            Origin::Own(_) => None,
        })
    }

    /// Whether it is the value that was passed, and nothing of the server: `try_` functions give NULL then.
    fn is_fault_of_the_value(&self) -> bool {
        match self.origin() {
            Origin::Lower(lower) => lower.is_fault_of_the_value(),
            Origin::Own(_) => self.is_own_fault_of_the_value(),
        }
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
