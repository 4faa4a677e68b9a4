//! Forgetting a number or an address in a column of type `encrypted_phone` or `encrypted_email`.
//!
//! Rows are found by index, under every configured key. Text that is none by its kind is looked at: a row whose number or
//! address another one had when the column was converted holds it so.

use pgrx::IntoDatum;
use pgrx::spi::quote_identifier;
use phone_crypt_core::crypto::encrypted_phone::{self as bytes, Plain};

use super::outcome::{Outcome, attempt};
use super::rows::{Rows, change_at};
use super::wanted::Wanted;
use phone_crypt_core::crypto::encrypted_phone::DataType;

use crate::cipher::{self, Destination};
use crate::encrypted_type::error::Error as TypedError;
use crate::encrypted_type::policy::{self, OnForget};
use crate::encrypted_type::{self as typed, Value};
use crate::erasure::error::{Error, Result};
use crate::keys::with_ring;
use crate::pg::SqlError;
use crate::pg::setting_switch::BatchSettings;
use crate::pg::table_row::TableRow;
use crate::pg::user::{full_name, switch_to_owner};
use crate::pg::{Oid, catalog, oids, relation, statement};

/// How often the table is gone through while others change it.
const ROUNDS: usize = 5;

/// Every column of the type, those of partitions by their table. Not those of other sessions' temporary tables.
const COLUMNS: &str = "
    SELECT c.relation, a.attnum, c.column_name::pg_catalog.text, t.relkind::pg_catalog.text,
           coalesce(c.conversion, '')
      FROM phone_crypt.encrypted_columns AS c
      JOIN pg_catalog.pg_class AS t ON t.oid OPERATOR(pg_catalog.=) c.relation
      JOIN pg_catalog.pg_attribute AS a ON a.attrelid OPERATOR(pg_catalog.=) c.relation
                                       AND a.attname OPERATOR(pg_catalog.=) c.column_name
      JOIN pg_catalog.pg_type AS d ON d.oid OPERATOR(pg_catalog.=) c.data_type
                                  AND d.typname::pg_catalog.text OPERATOR(pg_catalog.=) $1
     WHERE NOT t.relispartition
       AND NOT (t.relpersistence OPERATOR(pg_catalog.=) 't' AND pg_catalog.pg_is_other_temp_schema(t.relnamespace))
     ORDER BY c.relation, a.attnum";

/// Columns whose values are within something else, which nobody looks into.
const NESTED: &str = "
    SELECT a.attrelid, a.attname::pg_catalog.text
      FROM phone_crypt.types_of_values() AS h
      JOIN pg_catalog.pg_type AS d ON d.oid OPERATOR(pg_catalog.=) h.data_type
                                  AND d.typname::pg_catalog.text OPERATOR(pg_catalog.=) $1
      JOIN pg_catalog.pg_attribute AS a ON a.atttypid OPERATOR(pg_catalog.=) h.type
                                       AND a.attnum OPERATOR(pg_catalog.>) 0 AND NOT a.attisdropped
      JOIN pg_catalog.pg_class AS t ON t.oid OPERATOR(pg_catalog.=) a.attrelid
     WHERE (h.is_array OR h.is_nested) AND t.relkind OPERATOR(pg_catalog.=) ANY ('{r,p,m,f}') AND NOT t.relispartition
       AND NOT (t.relpersistence OPERATOR(pg_catalog.=) 't' AND pg_catalog.pg_is_other_temp_schema(t.relnamespace))
     ORDER BY a.attrelid, a.attnum";

/// A column, and what is known of it.
pub(super) struct Column {
    table: Oid,
    number: i16,
    name: String,
    kind: String,
    conversion: String,
    /// What is done to its rows, where no policy says so.
    on_forget: Option<OnForget>,
}

/// Forgets it in each column of its type. What stands in the way at one of them is an outcome, too.
///
/// Errors: no key, or a ring that differs from the pin, 55000.
pub fn forget<W: Wanted>(wanted: &W) -> Result<Vec<Outcome>> {
    let probes = cipher::every_probe(&wanted.plain())?;
    let of_type = || [(oids::TEXTOID, W::DATA_TYPE.name().into_datum())];
    let mut columns = Vec::new();
    statement::run(COLUMNS, &of_type(), |row| columns.extend(column(row)));
    let mut outcomes = Vec::new();
    for column in &columns {
        if relation::exists(column.table) {
            outcomes.extend(column.forget(wanted, &probes)?);
        }
    }
    let mut nested: Vec<(Oid, String)> = Vec::new();
    statement::run(NESTED, &of_type(), |row| {
        nested.extend(row.get(1).zip(row.string(2)))
    });
    for (table, column) in nested {
        let table = full_name(table)?;
        let object = format!("{table}.{}", quote_identifier(&column));
        outcomes.push(Outcome::failed(
            &object,
            Error::NestedValues.in_table(&table),
        ));
    }
    outcomes.sort_by(|one, other| one.object.cmp(&other.object));
    Ok(outcomes)
}

fn column(row: &TableRow) -> Option<Column> {
    Some(Column {
        table: row.get(1)?,
        number: row.get(2)?,
        name: row.string(3)?,
        kind: row.string(4)?,
        conversion: row.string(5)?,
        on_forget: None,
    })
}

impl Column {
    /// The column of numbers of a table of the extension's own, whose rows go.
    pub(super) fn of_own_table(table: Oid, name: &str) -> Option<Column> {
        Some(Column {
            table,
            number: catalog::column_number(table, name)?,
            name: name.to_owned(),
            kind: "r".to_owned(),
            conversion: String::new(),
            on_forget: Some(OnForget::Delete),
        })
    }

    /// Forgets it in this column.
    pub(super) fn forget<W: Wanted>(
        &self,
        wanted: &W,
        probes: &[[u8; bytes::PROBE_LEN]],
    ) -> Result<Vec<Outcome>> {
        let table = full_name(self.table)?;
        let object = format!("{table}.{}", quote_identifier(&self.name));
        // Partitions are left to their table; tables that inherit have columns, and policies, of their own.
        let rows_of = match self.kind.as_str() {
            "p" => table.clone(),
            _ => format!("ONLY {table}"),
        };
        let policy = match self.policy() {
            Ok(policy) => policy,
            Err(failure) => return Ok(vec![Outcome::failed(&object, failure.in_table(&table))]),
        };
        let result = attempt(&table, || {
            let _settings = BatchSettings::for_one_table_of_many();
            let _in_their_name = switch_to_owner(self.table)?;
            self.forget_rows(&rows_of, policy, wanted, probes)
        });
        let action = match policy {
            OnForget::Delete => "deleted",
            OnForget::Null => "set to NULL",
        };
        Ok(match result {
            Err(failure) => vec![Outcome::failed(&object, failure)],
            Ok((rows, 0)) => vec![Outcome::done(&object, action, rows)],
            Ok((rows, unreadable)) => vec![
                Outcome::done(&object, action, rows),
                Outcome::done(&object, "unreadable", unreadable),
            ],
        })
    }

    fn policy(&self) -> Result<OnForget> {
        if let Some(on_forget) = self.on_forget {
            return Ok(on_forget);
        }
        if !matches!(self.kind.as_str(), "r" | "p") {
            return Err(Error::NoTable);
        }
        if matches!(self.conversion.as_str(), "prepared" | "filling") {
            return Err(Error::ConversionUnderWay);
        }
        let policy = policy::of_column(self.table, i32::from(self.number))?;
        Ok(policy.ok_or(Error::NoForgetPolicy)?.on_forget)
    }

    /// How many rows were changed, and how many could not be read.
    fn forget_rows<W: Wanted>(
        &self,
        table: &str,
        policy: OnForget,
        wanted: &W,
        probes: &[[u8; bytes::PROBE_LEN]],
    ) -> Result<(i64, i64)> {
        let column = quote_identifier(&self.name);
        let the_type = catalog::type_of_column(self.table, &self.name)
            .ok_or(Error::Typed(TypedError::NotOfType(W::DATA_TYPE)))?;
        let look_ups = || typed::array(the_type, probes.iter().map(|probe| probe.as_slice()));
        let (array_type, _) =
            look_ups().ok_or(Error::Typed(TypedError::NotOfType(W::DATA_TYPE)))?;
        let condition = format!("t.{column} OPERATOR(pg_catalog.=) ANY ($1)");
        let change = match policy {
            OnForget::Delete => format!("DELETE FROM {table} AS t WHERE {condition}"),
            OnForget::Null => format!("UPDATE {table} AS t SET {column} = NULL WHERE {condition}"),
        };
        let left = format!("SELECT FROM {table} AS t WHERE {condition} LIMIT 1");
        let run = |sql: &str| {
            let argument = look_ups().map(|(_, array)| array);
            statement::run(sql, &[(array_type, argument)], |_| ())
        };
        let mut changed = 0;
        for _ in 0..ROUNDS {
            changed += run(&change);
            let (rows, unreadable) = self.look(table, the_type, wanted)?;
            if rows.is_empty() && run(&left) == 0 {
                return Ok((i64::try_from(changed).unwrap_or(i64::MAX), unreadable));
            }
            let nulls = format!("{column} = NULL");
            changed += change_at(table, policy == OnForget::Delete, &nulls, rows);
        }
        Err(Error::RowsRemain)
    }

    /// Looks at the rows that an index look-up does not find: text, and values under a hash key that is not configured.
    fn look<W: Wanted>(&self, table: &str, the_type: Oid, wanted: &W) -> Result<(Rows, i64)> {
        let (is_one, hash_key_id) = match W::DATA_TYPE {
            DataType::Phone => ("phone_is_number", "phone_hash_key_id"),
            DataType::Email => ("email_is_address", "email_hash_key_id"),
        };
        let known: Vec<String> =
            with_ring(|ring| Result::Ok(ring.keys().map(|key| key.id().to_string()).collect()))?;
        let column = quote_identifier(&self.name);
        let ours = catalog::quoted_schema(catalog::schema_of_type(the_type));
        let sql = format!(
            "SELECT t.tableoid, t.ctid::text, t.xmin::text, t.{column} FROM {table} AS t
              WHERE NOT {ours}.{is_one}(t.{column}) OR {ours}.{hash_key_id}(t.{column}) <> ALL ($1)"
        );
        let mut rows = Rows::default();
        let (mut unreadable, mut of_type) = (0, None);
        let arguments = [(oids::TEXTARRAYOID, known.into_datum())];
        statement::scan(&sql, &arguments, |row| -> Result<()> {
            let Some(value) = Value::of_row(row, 4, &mut of_type)? else {
                return Ok(());
            };
            let says =
                cipher::open_typed(value.bytes(), Destination::Server, |plain| match plain {
                    Plain::Text(text) | Plain::NoAddress(text) => wanted.is_text_of(text),
                    _ => Ok(false),
                });
            match says {
                Ok(true) => rows.add(row),
                Ok(false) => {}
                Err(error) if error.is_fault_of_the_value() => unreadable += 1,
                Err(error) => return Err(error),
            }
            Ok(())
        })?;
        Ok((rows, unreadable))
    }
}
