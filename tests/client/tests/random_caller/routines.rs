//! The extension's functions and procedures, as the catalogue has them.

use phone_crypt_client_tests::Sql;
use postgres::Client;

/// One of them.
#[derive(Debug)]
pub struct Routine {
    /// Its name with its schema.
    pub name: String,
    /// Whether it is a procedure.
    pub is_procedure: bool,
    /// Whether it is a trigger function.
    pub is_trigger: bool,
    /// Types and names of its arguments.
    pub arguments: Vec<(String, String)>,
}

const ALL: &str = "
    SELECT p.oid::regproc::text, p.prokind = 'p', p.prorettype = 'trigger'::regtype,
           coalesce((SELECT string_agg(format_type(a.type, NULL) || '=' || coalesce(names.name, ''), ';' ORDER BY a.place)
                       FROM unnest(p.proargtypes::oid[]) WITH ORDINALITY AS a (type, place)
                       LEFT JOIN unnest(p.proargnames) WITH ORDINALITY AS names (name, place) USING (place)), '')
      FROM pg_depend AS d JOIN pg_proc AS p ON p.oid = d.objid AND d.classid = 'pg_proc'::regclass AND d.deptype = 'e'
      JOIN pg_extension AS e ON e.oid = d.refobjid AND d.refclassid = 'pg_extension'::regclass AND e.extname = 'phone_crypt'
     WHERE 'internal'::regtype <> ALL (p.proargtypes::oid[])
     ORDER BY p.oid";

/// All of them, but for those with an argument of type internal: SQL has no value for it.
pub fn all(client: &mut Client) -> Vec<Routine> {
    // Names with their schemas.
    client.run("SET search_path = pg_catalog");
    let rows = client.rows(ALL);
    client.run("RESET search_path");
    rows.iter().map(|row| routine(row)).collect()
}

fn routine(row: &str) -> Routine {
    let cells: Vec<_> = row.split('|').collect();
    let arguments = cells[3]
        .split(';')
        .filter_map(|argument| argument.split_once('='));
    // Under that path regproc leaves the schema out only where it is PostgreSQL's own.
    Routine {
        name: cells[0].to_owned(),
        is_procedure: cells[1] == "t",
        is_trigger: cells[2] == "t",
        arguments: arguments
            .map(|(kind, name)| (kind.to_owned(), name.to_owned()))
            .collect(),
    }
}
