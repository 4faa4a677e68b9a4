//! Errors as a client sees them, and what every refusal of ours must and must not say.

use postgres::error::DbError;

/// An error or a notice that the server sent.
#[derive(Debug, Clone)]
pub struct Refusal {
    /// The five characters of the SQLSTATE.
    pub sqlstate: String,
    /// The primary message.
    pub message: String,
    /// The hint; empty where there is none.
    pub hint: String,
    /// Every part of it that carries text, for searching.
    pub everything: String,
}

impl From<&DbError> for Refusal {
    fn from(error: &DbError) -> Refusal {
        let parts = [
            Some(error.message()),
            error.detail(),
            error.hint(),
            error.where_(),
        ];
        Refusal {
            sqlstate: error.code().code().to_owned(),
            message: error.message().to_owned(),
            hint: error.hint().unwrap_or_default().to_owned(),
            everything: parts.into_iter().flatten().collect::<Vec<_>>().join("\n"),
        }
    }
}

impl Refusal {
    /// Panics unless it has this SQLSTATE, and this text in its message.
    #[track_caller]
    pub fn says(&self, sqlstate: &str, text: &str) -> &Refusal {
        assert_eq!(self.sqlstate, sqlstate, "{self:?}");
        assert!(self.message.contains(text), "no {text:?} in {self:?}");
        self
    }

    /// Panics unless its hint has this text.
    #[track_caller]
    pub fn hints(&self, text: &str) -> &Refusal {
        assert!(
            !self.hint.is_empty() && self.hint.contains(text),
            "no {text:?} in the hint of {self:?}"
        );
        self
    }

    /// Panics if any part of it holds the secret.
    #[track_caller]
    pub fn hides(&self, secret: &str) -> &Refusal {
        assert!(
            !self.everything.contains(secret),
            "{secret:?} is in {self:?}"
        );
        self
    }
}

/// The error that the server answered with; panics if it did not.
#[track_caller]
pub fn refused<T>(result: Result<T, postgres::Error>) -> Refusal {
    match result {
        Ok(_) => panic!("the server took what it should have refused"),
        Err(error) => match error.as_db_error() {
            Some(error) => Refusal::from(error),
            None => panic!("not the server's answer: {error}"),
        },
    }
}
