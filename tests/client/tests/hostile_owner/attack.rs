//! What an owner does.

/// One thing that an owner does to his table `own.customers`, which has the columns `id`, `phone`, `seen` and `ctx`.
#[derive(Clone, Debug)]
pub struct Attack {
    /// What it is, for messages.
    pub name: String,
    /// The statements, run as the owner.
    pub sql: String,
    /// What `m.payload()` does when it is run; nothing but telling whose rights it has where this is empty.
    pub payload: String,
    /// Whether the attack leads to code of the owner's, which then must have run.
    pub runs_code: bool,
    /// An internal error that the payload raises itself.
    pub raises: Option<&'static str>,
}

impl Attack {
    /// One that changes the table.
    pub fn change(name: &str, sql: &str) -> Attack {
        Attack {
            name: name.to_owned(),
            sql: sql.to_owned(),
            payload: String::new(),
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
            runs_code: true,
            raises: None,
        }
    }
}
