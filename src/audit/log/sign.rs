//! Signing checkpoints.

use pgrx::IntoDatum;
use phone_crypt_core::audit::{Checkpoint, Class, Note, NoteSigner};
use phone_crypt_core::crypto::{Key, Keyring};

use super::append::append;
use super::current::own;
use super::prune;
use super::state::{self, LogState};
use crate::audit::error::Result;
use crate::audit::event::Event;
use crate::keys;
use crate::keys::error::Error as KeyError;
use crate::pg::statement::Statement;
use crate::pg::{Oid, oids};

thread_local! {
    static LAST_KEY: Statement = const { Statement::new(
        c"SELECT k.public_key FROM phone_crypt.audit_public_keys AS k WHERE k.log OPERATOR(pg_catalog.=) $1 \
           ORDER BY k.first_used DESC LIMIT 1",
        &[oids::TEXTOID],
    ) };
    static ADD_KEY: Statement = const { Statement::new(
        c"INSERT INTO phone_crypt.audit_public_keys (log, public_key, key_id, verifier) VALUES ($1, $2, $3, $4) \
          ON CONFLICT ON CONSTRAINT audit_public_keys_pkey DO UPDATE SET first_used = pg_catalog.clock_timestamp()",
        &[oids::TEXTOID, oids::BYTEAOID, oids::TEXTOID, oids::TEXTOID],
    ) };
    static ADD_CHECKPOINT: Statement = const { Statement::new(
        c"INSERT INTO phone_crypt.audit_checkpoints (log, size, note) VALUES ($1, $2, $3)",
        &[oids::TEXTOID, oids::INT8OID, oids::BYTEAOID],
    ) };
    static SIGNED: Statement = const { Statement::new(
        c"UPDATE phone_crypt.audit_logs SET signed_size = $2, signed_at = pg_catalog.clock_timestamp(), \
                 unsigned_because = NULL \
           WHERE log OPERATOR(pg_catalog.=) $1",
        &[oids::TEXTOID, oids::INT8OID],
    ) };
    static NOT_SIGNED: Statement = const { Statement::new(
        c"UPDATE phone_crypt.audit_logs SET unsigned_because = $2 WHERE log OPERATOR(pg_catalog.=) $1",
        &[oids::TEXTOID, oids::TEXTOID],
    ) };
}

/// What may sign: the key whose signature counts from now on, and the one whose did, where it is another one and still
/// there, so that who trusts that one can trust this one.
struct Signers {
    current: NoteSigner,
    key_id: String,
    previous: Option<NoteSigner>,
}

/// Signs a checkpoint of the log as it is, in the present transaction. False where there is no key to sign with: then the log
/// says why.
///
/// Errors: no log, 55000; a broken one, XX001.
pub fn sign() -> Result<bool> {
    let owner = state::owner()?;
    let mut state = LogState::lock(owner)?;
    let last = last_key(owner, &state);
    let signers =
        keys::with_ring(|ring| Ok::<_, KeyError>(signers(&state.origin(), ring, last.as_deref())));
    let signers = match signers {
        Ok(signers) => signers,
        Err(error) => {
            let why = error.to_string();
            let arguments = [state.log.as_str().into_datum(), why.into_datum()];
            NOT_SIGNED.with(|it| it.run(owner, &arguments, |_| ()));
            return Ok(false);
        }
    };
    let public = signers.current.public();
    if last.as_deref() != Some(public.bytes().as_slice()) {
        let event = Event::new(Class::Admin, "signing_key")
            .word("key", &signers.key_id)
            .word("public_key", &public.text());
        append(owner, &mut state, &[own(event)])?;
        state.store(owner);
        add_key(owner, &state, &signers);
    }
    let checkpoint = Checkpoint {
        origin: state.origin(),
        size: state.tree.size(),
        root: state.tree.root(),
    };
    let mut by = vec![&signers.current];
    by.extend(&signers.previous);
    let note = Note::sign(&checkpoint.text(), &by);
    let log = state.log.as_str().into_datum();
    let size = checkpoint.size.cast_signed().into_datum();
    ADD_CHECKPOINT.with(|add| add.run(owner, &[log, size, note.as_bytes().into_datum()], |_| ()));
    SIGNED.with(|signed| signed.run(owner, &[log, size], |_| ()));
    prune::once_a_day(owner, &state.log, state.signed_at);
    Ok(true)
}

fn last_key(owner: Oid, state: &LogState) -> Option<Vec<u8>> {
    let mut last = None;
    let log = state.log.as_str().into_datum();
    LAST_KEY.with(|it| it.run(owner, &[log], |row| last = row.get(1)));
    last
}

fn add_key(owner: Oid, state: &LogState, signers: &Signers) {
    let public = signers.current.public();
    let arguments = [
        state.log.as_str().into_datum(),
        public.bytes().as_slice().into_datum(),
        signers.key_id.as_str().into_datum(),
        public.text().into_datum(),
    ];
    ADD_KEY.with(|add| add.run(owner, &arguments, |_| ()));
}

fn signers(origin: &str, ring: &Keyring, last: Option<&[u8]>) -> Signers {
    let of = |key: &Key| NoteSigner::new(origin, key);
    let current = of(ring.primary());
    let is_last = |signer: &NoteSigner| Some(signer.public().bytes().as_slice()) == last;
    let previous = match is_last(&current) {
        true => None,
        false => ring.keys().skip(1).map(of).find(is_last),
    };
    Signers {
        key_id: ring.primary().id().to_string(),
        current,
        previous,
    }
}
