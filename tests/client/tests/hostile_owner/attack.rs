//! What an owner does, and when.

/// When it is done: what is hung on a table of plain text meets other code than what comes later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// Before the column is encrypted.
    Plain,
    /// After it was, beside its plain text.
    Encrypted,
    /// After the plain text was dropped.
    Dropped,
}

/// One thing that an owner does to his table `own.customers`, which has the columns `id`, `phone`, `seen` and `ctx`, and
/// once it is encrypted `phone_encrypted`, `phone_hash` and `phone_raw`.
#[derive(Clone, Debug)]
pub struct Attack {
    /// What it is, for messages.
    pub name: String,
    /// The statements, run as the owner.
    pub sql: String,
    /// What `m.payload()` does when it is run; nothing but telling whose rights it has where this is empty.
    pub payload: String,
    /// The moments at which it makes sense.
    pub moments: Vec<Moment>,
    /// Whether the attack leads to code of the owner's, which then must have run.
    pub runs_code: bool,
    /// An internal error that the payload raises itself.
    pub raises: Option<&'static str>,
}

impl Attack {
    /// One that changes the table, at any moment after it was encrypted.
    pub fn change(name: &str, sql: &str) -> Attack {
        Attack {
            name: name.to_owned(),
            sql: sql.to_owned(),
            payload: String::new(),
            moments: vec![Moment::Encrypted, Moment::Dropped],
            runs_code: false,
            raises: None,
        }
    }

    /// One that hangs code on the table, which runs this when it is met.
    pub fn code(name: &str, sql: &str, payload: &str) -> Attack {
        Attack {
            name: name.to_owned(),
            sql: sql.to_owned(),
            payload: payload.to_owned(),
            moments: vec![Moment::Plain, Moment::Dropped],
            runs_code: true,
            raises: None,
        }
    }

    /// The same at one moment only.
    pub fn at(mut self, moment: Moment) -> Attack {
        self.moments = vec![moment];
        self
    }
}
