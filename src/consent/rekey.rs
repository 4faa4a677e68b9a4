//! Rows under the primary key and the present hash key: one batch of what a change of either leaves to do.

use pgrx::IntoDatum;
use phone_crypt_core::crypto::{KeyId, Reencrypted};

use super::changes::ChangesAllowed;
use super::tables::{EVENTS, OwnTable};
use phone_crypt_core::crypto::encrypted_phone::DataType;

use crate::cipher;
use crate::consent::error::{Error, Result};
use crate::encrypted_type::error::Error as TypedError;
use crate::encrypted_type::{self as typed, Value};
use crate::keys::{check_lasting, with_ring};
use crate::pg::setting_switch::BatchSettings;
use crate::pg::table_row::TableRow;
use crate::pg::text::Text;
use crate::pg::user::UserSwitch;
use crate::pg::{Oid, SqlError, TupleId, arrays, catalog, oids, relation, statement};

/// Pages that one batch looks through.
const PAGES: i64 = 64;

/// What the evidence of an event is bound to: it cannot be moved to another one. `sql/consent/consent.sql` writes the same.
fn evidence_context(id: i64) -> String {
    format!("phone_crypt.consent_events\u{1f}{id}")
}

/// What a batch did.
pub struct Batch {
    /// The page to go on from; none at the end.
    pub next_page: Option<i64>,
    /// Rows changed.
    pub changed: i64,
    /// Rows left as they are, since they are not authentic.
    pub unreadable: i64,
}

/// Rows as they are to be.
#[derive(Default)]
struct Rows {
    ctids: Vec<TupleId>,
    phones: Vec<Vec<u8>>,
    evidence: Vec<Option<Vec<u8>>>,
    unreadable: i64,
}

/// Brings rows of some pages under the present keys.
///
/// Errors: no such table, no key, keys that last for a session only, or keys that differ from the pin, 55000.
pub fn batch(table: &OwnTable, from_page: i64) -> Result<Batch> {
    let key = table.key()?;
    let oid = table.find().ok_or(Error::NoTable(table.name()))?;
    let (owner, _) = relation::owner_and_name(oid);
    let _in_their_name = UserSwitch::to(owner);
    let _settings = BatchSettings::for_any_rows();
    let to_page = from_page.saturating_add(PAGES);
    let rows = pending(table, key.the_type(), from_page, to_page)?;
    let changed = match rows.ctids.is_empty() {
        true => 0,
        false => {
            check_lasting(None)?;
            let _allowed = ChangesAllowed::new();
            write(table, key.the_type(), &rows)?
        }
    };
    Ok(Batch {
        next_page: (to_page < i64::from(relation::pages(oid))).then_some(to_page),
        changed,
        unreadable: rows.unreadable,
    })
}

/// Rows under other keys, locked, with what they are to be.
fn pending(table: &OwnTable, the_type: Oid, from_page: i64, to_page: i64) -> Result<Rows> {
    let (primary, hash_key) =
        with_ring(|ring| Result::Ok((ring.primary().id(), ring.hash_key().id())))?;
    let ours = catalog::quoted_schema(catalog::schema_of_type(the_type));
    let (more, or_evidence) = match table.name() == EVENTS.name() {
        true => (
            "t.id, t.evidence",
            format!(" OR {ours}.phone_key_id(t.evidence) <> $3"),
        ),
        false => ("NULL::bigint, NULL::text", String::new()),
    };
    let sql = format!(
        "SELECT t.ctid, t.phone, {more} FROM ONLY phone_crypt.{} AS t
          WHERE t.ctid >= $1::tid AND t.ctid < $2::tid
            AND ({ours}.phone_key_id(t.phone) <> $3 OR {ours}.phone_hash_key_id(t.phone) <> $4{or_evidence})
            FOR UPDATE",
        table.name()
    );
    let text = |text: String| (oids::TEXTOID, text.into_datum());
    let arguments = [
        text(format!("({from_page},0)")),
        text(format!("({to_page},0)")),
        text(primary.to_string()),
        text(hash_key.to_string()),
    ];
    let mut rows = Rows::default();
    let mut of_type = None;
    let mut result = Ok(());
    statement::run(&sql, &arguments, |row| {
        if result.is_ok() {
            result = rows.add(row, &mut of_type, hash_key);
        }
    });
    result?;
    Ok(rows)
}

impl Rows {
    fn add(&mut self, row: &TableRow, of_type: &mut Option<Oid>, hash_key: KeyId) -> Result<()> {
        match rekeyed(row, of_type, hash_key) {
            Ok(Some((ctid, phone, evidence))) => {
                self.ctids.push(ctid);
                self.phones.push(phone);
                self.evidence.push(evidence);
                Ok(())
            }
            Ok(None) => Ok(()),
            Err(error) if error.is_fault_of_the_value() => {
                self.unreadable += 1;
                Ok(())
            }
            Err(error) => Err(error),
        }
    }
}

type Rekeyed = (TupleId, Vec<u8>, Option<Vec<u8>>);

fn rekeyed(row: &TableRow, of_type: &mut Option<Oid>, hash_key: KeyId) -> Result<Option<Rekeyed>> {
    let (Some(ctid), Some(value)) = (row.get(1), Value::of_row(row, 2, of_type)?) else {
        return Ok(None);
    };
    let mut phone = Vec::new();
    cipher::rehash_typed(value.bytes(), hash_key, &mut phone)?;
    let mut evidence = None;
    if let (Some(id), Some(old)) = (row.get(3), row.get::<Text<'_>>(4)) {
        let mut new = Vec::new();
        match cipher::reseal(old.bytes(), evidence_context(id).as_bytes(), &mut new)? {
            Reencrypted::Replaced => evidence = Some(new),
            Reencrypted::Unchanged => {}
        }
    }
    Ok(Some((ctid, phone, evidence)))
}

fn write(table: &OwnTable, the_type: Oid, rows: &Rows) -> Result<i64> {
    let name = table.name();
    let run = |sql: String| -> Result<u64> {
        let phones = typed::array(the_type, rows.phones.iter().map(Vec::as_slice));
        let (array_type, phones) =
            phones.ok_or(Error::Typed(TypedError::NotOfType(DataType::Phone)))?;
        let evidence = arrays::texts(rows.evidence.iter().map(Option::as_deref));
        let arguments = [
            (oids::TIDARRAYOID, arrays::tids(rows.ctids.iter().copied())),
            (array_type, Some(phones)),
            (oids::TEXTARRAYOID, evidence),
        ];
        Ok(statement::run(&sql, &arguments, |_| ()))
    };
    const ROWS: &str = "ROWS FROM (unnest($1), unnest($2), unnest($3)) AS u (c, phone, evidence)";
    let changed = if name == EVENTS.name() {
        run(format!(
            "UPDATE ONLY phone_crypt.{name} AS t SET phone = u.phone, evidence = coalesce(u.evidence, t.evidence)
               FROM {ROWS} WHERE t.ctid = u.c"
        ))?
    } else {
        // Suppressed anew since the hash key changed: once is enough.
        run(format!(
            "DELETE FROM ONLY phone_crypt.{name} AS t USING {ROWS} WHERE t.ctid = u.c
                AND EXISTS (SELECT FROM ONLY phone_crypt.{name} AS o WHERE o.phone = u.phone AND o.ctid <> u.c)
                AND u.evidence IS NULL"
        ))? + run(format!(
            "UPDATE ONLY phone_crypt.{name} AS t SET phone = u.phone FROM {ROWS}
              WHERE t.ctid = u.c AND u.evidence IS NULL"
        ))?
    };
    Ok(i64::try_from(changed).unwrap_or(i64::MAX))
}
