//! A table that rows are read from and written to, and the SQL that does it.

use pgrx::IntoDatum;
use std::fmt::Write;

use crate::error::{Error, Result};
use crate::pg::TransactionId;
use crate::pg::statement::{self, Statement};
use crate::pg::text::TextOut;
use crate::pg::user::current_user;
use crate::pg::{Oid, oids};

/// A table that is not partitioned.
pub struct Leaf {
    oid: Oid,
    name: String,
    key: Vec<KeyColumn>,
}

struct KeyColumn {
    name: String,
    kind: String,
}

thread_local! {
    static NAME: Statement = const { Statement::new(
        c"SELECT pg_catalog.format('%I.%I', n.nspname, c.relname), c.relname::pg_catalog.text \
            FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n \
              ON n.oid OPERATOR(pg_catalog.=) c.relnamespace WHERE c.oid OPERATOR(pg_catalog.=) $1",
        &[oids::OIDOID],
    ) };
    static KEY: Statement = const { Statement::new(
        c"SELECT pg_catalog.quote_ident(a.attname), pg_catalog.format_type(a.atttypid, a.atttypmod) \
            FROM pg_catalog.pg_index AS i \
            CROSS JOIN LATERAL pg_catalog.unnest(i.indkey::pg_catalog.int2[]) WITH ORDINALITY AS k (number, place) \
            JOIN pg_catalog.pg_attribute AS a ON a.attrelid OPERATOR(pg_catalog.=) i.indrelid \
             AND a.attnum OPERATOR(pg_catalog.=) k.number \
           WHERE i.indrelid OPERATOR(pg_catalog.=) $1 AND i.indisprimary \
             AND k.place OPERATOR(pg_catalog.<=) i.indnkeyatts ORDER BY k.place",
        &[oids::OIDOID],
    ) };
}

impl Leaf {
    /// Looks the table up.
    ///
    /// Errors: no primary key, 55000.
    pub fn look_up(oid: Oid) -> Result<Leaf> {
        let user = current_user();
        let (mut name, mut plain_name, mut key) = (String::new(), String::new(), Vec::new());
        NAME.with(|statement| {
            statement.run(user, &[oid.into_datum()], |row| {
                name = row.string(1).unwrap_or_default();
                plain_name = row.string(2).unwrap_or_default();
            })
        });
        KEY.with(|statement| {
            statement.run(user, &[oid.into_datum()], |row| {
                key.push(KeyColumn {
                    name: row.string(1).unwrap_or_default(),
                    kind: row.string(2).unwrap_or_default(),
                });
            })
        });
        match key.is_empty() {
            true => Err(Error::NoPrimaryKey(plain_name)),
            false => Ok(Leaf { oid, name, key }),
        }
    }

    /// The table.
    pub fn oid(&self) -> Oid {
        self.oid
    }

    /// How many columns the primary key has.
    pub fn key_len(&self) -> usize {
        self.key.len()
    }

    /// Reads rows: place, columns as text, primary key as text. `$1` is how many at most, `$2` and so on the key
    /// after which to begin.
    pub fn select(&self, reads: &[String], condition: &str, after: bool, locks: bool) -> String {
        let mut sql = String::from("SELECT t.ctid");
        for column in reads {
            let column = quoted(column);
            let _ = write!(sql, ", t.{column}::pg_catalog.text");
        }
        for column in &self.key {
            let _ = write!(sql, ", t.{}::pg_catalog.text", column.name);
        }
        let _ = write!(sql, " FROM ONLY {} AS t WHERE ({condition})", self.name);
        let key: Vec<String> = self
            .key
            .iter()
            .map(|column| format!("t.{}", column.name))
            .collect();
        let key = key.join(", ");
        if after {
            let values = self.key.iter().enumerate();
            let values: Vec<String> = values
                .map(|(index, column)| format!("${}::{}", index + 2, column.kind))
                .collect();
            let _ = write!(sql, " AND ROW({key}) > ROW({})", values.join(", "));
        }
        let _ = write!(sql, " ORDER BY {key} LIMIT $1");
        if locks {
            sql.push_str(" FOR NO KEY UPDATE OF t SKIP LOCKED");
        }
        sql
    }

    /// Reads the rows that a transaction or a later one has written, in no order.
    pub fn select_since(&self, reads: &[String], since: TransactionId) -> String {
        let mut sql = String::from("SELECT t.ctid");
        for column in reads {
            let _ = write!(sql, ", t.{}::text", quoted(column));
        }
        let since = since.into_inner();
        let _ = write!(
            sql,
            " FROM ONLY {} AS t WHERE age(t.xmin) <= age('{since}'::xid)",
            self.name
        );
        sql
    }

    /// Counts rows.
    pub fn count(&self, condition: &str) -> String {
        format!(
            "SELECT count(*) FROM ONLY {} AS t WHERE ({condition})",
            self.name
        )
    }

    /// Writes rows: `$1` their places, `$2` and so on the new values of each column. It runs under the application's
    /// path, so it names everything in full.
    pub fn update(&self, columns: &[String]) -> String {
        let (mut sets, mut names) = (Vec::new(), String::new());
        let mut arrays = vec!["pg_catalog.unnest($1)".to_owned()];
        for (index, column) in columns.iter().enumerate() {
            sets.push(format!("{} = u.c{index}", quoted(column)));
            let _ = write!(names, ", c{index}");
            arrays.push(format!("pg_catalog.unnest(${})", index + 2));
        }
        format!(
            "UPDATE ONLY {} AS t SET {} FROM ROWS FROM ({}) AS u (place{names}) \
              WHERE t.ctid OPERATOR(pg_catalog.=) u.place",
            self.name,
            sets.join(", "),
            arrays.join(", "),
        )
    }

    /// Whether a unique index keeps this column alone from repeating.
    pub fn is_unique(&self, column: &str) -> bool {
        let mut found = false;
        let name = TextOut::new(column).ok().map(TextOut::datum);
        statement::run(
            "SELECT true FROM pg_index AS i JOIN pg_attribute AS a ON a.attrelid = i.indrelid \
              WHERE i.indrelid = $1 AND a.attname = $2 AND i.indisunique AND i.indislive \
                AND i.indnkeyatts = 1 AND i.indkey[0] = a.attnum LIMIT 1",
            &[(oids::OIDOID, self.oid.into_datum()), (oids::TEXTOID, name)],
            |_| found = true,
        );
        found
    }

    /// Finds which of `$1` stand in the column already.
    pub fn select_present(&self, column: &str) -> String {
        let column = quoted(column);
        format!(
            "SELECT t.{column}::text FROM ONLY {} AS t WHERE t.{column} = ANY ($1) AND t.{column} IS NOT NULL",
            self.name,
        )
    }
}

/// A column's name for SQL.
pub fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
