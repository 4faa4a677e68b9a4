//! The places of a table where an owner can hang code.

use crate::attack::Attack;
use crate::payloads;

/// Each with the statements that hang `m.attack()` there.
const SITES: [(&str, &str); 26] = [
    ("a trigger before each row", "CREATE TRIGGER a BEFORE INSERT OR UPDATE OR DELETE ON $table FOR EACH ROW EXECUTE FUNCTION m.attack_row()"),
    ("a trigger before each row that fires after ours", "CREATE TRIGGER zzzz BEFORE INSERT OR UPDATE OR DELETE ON $table FOR EACH ROW EXECUTE FUNCTION m.attack_row()"),
    ("a trigger after each row", "CREATE TRIGGER a AFTER INSERT OR UPDATE OR DELETE ON $table FOR EACH ROW EXECUTE FUNCTION m.attack_row()"),
    ("triggers of statements", "CREATE TRIGGER a BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON $table EXECUTE FUNCTION m.attack_row();
         CREATE TRIGGER b AFTER UPDATE ON $table REFERENCING NEW TABLE AS rows EXECUTE FUNCTION m.attack_row()"),
    ("a deferred trigger", "CREATE CONSTRAINT TRIGGER a AFTER INSERT OR UPDATE OR DELETE ON $table DEFERRABLE INITIALLY DEFERRED
         FOR EACH ROW EXECUTE FUNCTION m.attack_row()"),
    ("a trigger's condition", "CREATE FUNCTION own.nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
         CREATE TRIGGER a BEFORE UPDATE ON $table FOR EACH ROW WHEN (m.attack(NEW.ctx)) EXECUTE FUNCTION own.nothing()"),
    ("a check", "ALTER TABLE $table ADD CHECK (m.attack(ctx))"),
    ("a generated column", "ALTER TABLE $table ADD made boolean GENERATED ALWAYS AS (m.attack(ctx)) STORED"),
    ("a default", "ALTER TABLE $table ADD made boolean DEFAULT m.attack(), ALTER ctx SET DEFAULT m.attack()::text"),
    ("an index on an expression", "CREATE INDEX ON $table (m.attack(ctx))"),
    ("a part of an index", "CREATE INDEX ON $table (id) WHERE m.attack(ctx)"),
    ("a unique index on an expression", "CREATE UNIQUE INDEX ON $table (id, m.attack(ctx))"),
    ("statistics of an expression", "CREATE STATISTICS own.s ON (m.attack(ctx)), id FROM $table"),
    ("a policy", "CREATE POLICY p ON $table USING (m.attack()) WITH CHECK (m.attack()); ALTER TABLE $table ENABLE ROW LEVEL SECURITY"),
    ("a forced policy", "CREATE POLICY p ON $table USING (m.attack()) WITH CHECK (m.attack());
         ALTER TABLE $table ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY"),
    ("a rule as well", "CREATE RULE r AS ON UPDATE TO $table DO ALSO SELECT m.attack()"),
    ("a rule instead", "CREATE RULE r AS ON UPDATE TO $table DO INSTEAD SELECT m.attack();
         CREATE RULE s AS ON DELETE TO $table DO INSTEAD SELECT m.attack()"),
    ("a domain's check, of the column", "CREATE DOMAIN own.number AS text CHECK (m.attack(VALUE)); ALTER TABLE $table ALTER $column TYPE own.number"),
    ("a domain's check, of the primary key", "CREATE DOMAIN own.key AS bigint CHECK (m.attack(VALUE::text)); ALTER TABLE $table ALTER id TYPE own.key"),
    ("a domain's check, of the row's time", "CREATE DOMAIN own.time AS timestamptz CHECK (m.attack(VALUE::text)); ALTER TABLE $table ALTER seen TYPE own.time"),
    ("a domain's check, of the context", "CREATE DOMAIN own.number AS text CHECK (m.attack(VALUE)); ALTER TABLE $table ALTER ctx TYPE own.number"),
    ("a type with casts, of the context", "CREATE TYPE own.mood AS (a text);
         CREATE FUNCTION own.to_text(own.mood) RETURNS text LANGUAGE plpgsql AS 'BEGIN PERFORM m.payload(); RETURN ($1).a; END';
         CREATE FUNCTION own.to_mood(text) RETURNS own.mood LANGUAGE plpgsql AS 'BEGIN PERFORM m.payload(); RETURN row($1); END';
         CREATE CAST (own.mood AS text) WITH FUNCTION own.to_text(own.mood) AS IMPLICIT;
         CREATE CAST (text AS own.mood) WITH FUNCTION own.to_mood(text) AS IMPLICIT;
         ALTER TABLE $table ALTER ctx TYPE own.mood USING row(ctx)::own.mood;
         UPDATE $table SET ctx = ctx::text::own.mood"),
    ("a type with casts, of the column", "CREATE TYPE own.mood AS ENUM ('0401148075', '+14011480751');
         CREATE FUNCTION own.to_text(own.mood) RETURNS text LANGUAGE plpgsql AS 'BEGIN PERFORM m.payload(); RETURN ''+14011480751''; END';
         CREATE CAST (own.mood AS text) WITH FUNCTION own.to_text(own.mood) AS IMPLICIT;
         ALTER TABLE $table ALTER $column TYPE own.mood USING NULL"),
    ("a foreign key that cascades", "CREATE UNIQUE INDEX u ON $table (id, ctx);
         CREATE TABLE own.children (id bigint, ctx text, FOREIGN KEY (id, ctx) REFERENCES $table (id, ctx) ON UPDATE CASCADE ON DELETE CASCADE);
         INSERT INTO own.children SELECT id, ctx FROM $table;
         CREATE TRIGGER a BEFORE UPDATE OR DELETE ON own.children FOR EACH ROW EXECUTE FUNCTION m.attack_row();
         CREATE TRIGGER a AFTER UPDATE ON $table FOR EACH ROW EXECUTE FUNCTION m.attack_row()"),
    ("a table that inherits", "CREATE TABLE own.child (other boolean DEFAULT m.attack()) INHERITS ($table);
         ALTER TABLE own.child ADD PRIMARY KEY (id);
         INSERT INTO own.child (id, $column) VALUES (77, NULL);
         CREATE TRIGGER a BEFORE UPDATE OR DELETE ON own.child FOR EACH ROW EXECUTE FUNCTION m.attack_row()"),
    ("a trigger of an update of the column", "CREATE TRIGGER a BEFORE UPDATE OF $column ON $table FOR EACH ROW EXECUTE FUNCTION m.attack_row()"),
];

/// Those whose code is not run for the owner, or which the procedures refuse: which is what there is to see.
const NEVER_MET: [&str; 3] = [
    "a type with casts, of the column",
    "statistics of an expression",
    "a policy",
];

/// What is hung there, with the names filled in.
fn at(sql: &str, table: &str, column: &str) -> String {
    sql.replace("$table", table).replace("$column", column)
}

/// Every place, with code that sets everything.
pub fn places(table: &str, column: &str) -> Vec<Attack> {
    let mut attacks = Vec::new();
    for (name, sql) in SITES {
        let sql = at(sql, table, column);
        let mut attack = Attack::code(name, &sql, &payloads::settings());
        attack.runs_code = !NEVER_MET.contains(&name);
        attacks.push(attack);
    }
    attacks
}

/// The place that is met most, with everything else that code can do.
pub fn payloads(table: &str, column: &str) -> Vec<Attack> {
    let mut attacks = Vec::new();
    let (_, trigger) = SITES[0];
    let trigger = at(trigger, table, column);
    let bodies = [
        ("becomes somebody else", payloads::roles()),
        ("sets the path for the transaction", payloads::local_path()),
        ("closes, drops and commits", payloads::rugs()),
        ("calls our functions", payloads::our_functions()),
        ("calls itself", payloads::endless()),
    ];
    for (name, payload) in bodies {
        let name = format!("a trigger that {name}");
        attacks.push(Attack::code(&name, &trigger, &payload));
    }
    for sqlstate in [
        "40001", "55P03", "23505", "57014", "P0004", "XX000", "0A000", "42501", "42P01", "54000",
    ] {
        let name = format!("a trigger that raises {sqlstate}");
        let mut attack = Attack::code(&name, &trigger, &payloads::error(sqlstate));
        if sqlstate == "XX000" {
            attack.raises = Some("XX000");
        }
        attacks.push(attack);
    }
    attacks
}
