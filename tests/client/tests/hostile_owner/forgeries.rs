//! What an owner can make of a table in the middle of a conversion: its columns, and the triggers that know it.

use crate::attack::Attack;

/// `$plain` and `$encrypted` are the columns by the names that they have. `$free` takes the triggers away, which keep a
/// column from another type, and `$again` makes them anew.
const CHANGES: [(&str, &str); 33] = [
    ("plain of type bytea", "$free ALTER TABLE own.customers ALTER $plain TYPE bytea USING pg_catalog.convert_to($plain, 'UTF8'); $again"),
    ("plain of type bigint", "$free ALTER TABLE own.customers ALTER $plain TYPE bigint USING id; $again"),
    ("plain of type text[]", "$free ALTER TABLE own.customers ALTER $plain TYPE text[] USING ARRAY[id::text]; $again"),
    ("plain of type name", "$free ALTER TABLE own.customers ALTER $plain TYPE name USING id::text; $again"),
    ("plain of type char", "$free ALTER TABLE own.customers ALTER $plain TYPE char(200); $again"),
    ("plain of type varchar(3)", "$free ALTER TABLE own.customers ALTER $plain TYPE varchar(3) USING id::text; $again"),
    ("plain of the data type", "$free ALTER TABLE own.customers ALTER $plain TYPE public.encrypted_phone; $again"),
    ("plain of a domain", "$free CREATE DOMAIN own.d AS text CHECK (m.attack(VALUE)); ALTER TABLE own.customers ALTER $plain TYPE own.d; $again"),
    ("encrypted of type text", "$free ALTER TABLE own.customers ALTER $encrypted TYPE text USING id::text; $again"),
    ("encrypted of type bigint", "$free ALTER TABLE own.customers ALTER $encrypted TYPE bigint USING id; $again"),
    ("encrypted of type boolean", "$free ALTER TABLE own.customers ALTER $encrypted TYPE boolean USING CASE id WHEN 1 THEN true END; $again"),
    ("encrypted of type bytea", "$free ALTER TABLE own.customers ALTER $encrypted TYPE bytea USING pg_catalog.int8send(id); $again"),
    ("encrypted of a domain over the type", "$free CREATE DOMAIN own.e AS public.encrypted_phone CHECK (m.attack(VALUE::text));
         ALTER TABLE own.customers ALTER $encrypted TYPE own.e; $again"),
    ("encrypted of arrays of the type", "$free ALTER TABLE own.customers ALTER $encrypted TYPE public.encrypted_phone[] USING CASE WHEN $encrypted IS NOT NULL THEN ARRAY[$encrypted] END; $again"),
    ("plain dropped", "ALTER TABLE own.customers DROP $plain CASCADE"),
    ("encrypted dropped", "ALTER TABLE own.customers DROP $encrypted CASCADE"),
    ("both dropped and others there", "ALTER TABLE own.customers DROP $plain CASCADE, DROP $encrypted CASCADE;
         ALTER TABLE own.customers ADD $plain bigint DEFAULT 7, ADD $encrypted boolean DEFAULT true"),
    ("names exchanged", "ALTER TABLE own.customers RENAME $plain TO x; ALTER TABLE own.customers RENAME $encrypted TO $plain;
         ALTER TABLE own.customers RENAME x TO $encrypted"),
    ("names exchanged with a number", "ALTER TABLE own.customers RENAME $plain TO x; ALTER TABLE own.customers RENAME id TO $plain;
         ALTER TABLE own.customers RENAME x TO id"),
    ("plain of a name that is SQL", "ALTER TABLE own.customers RENAME $plain TO \"x\"\") OR m.attack() --\""),
    ("encrypted of a name that is SQL", "ALTER TABLE own.customers RENAME $encrypted TO \"x') OR m.attack() OR ('%s\\\""),
    ("the table renamed", "ALTER TABLE own.customers RENAME TO others"),
    ("another table of its name", "ALTER TABLE own.customers RENAME TO others; CREATE TABLE own.customers (id bigint PRIMARY KEY, phone bigint, phone_encrypted text)"),
    ("a view of its name", "ALTER TABLE own.customers RENAME TO others; CREATE VIEW own.customers AS SELECT 1::bigint AS id, m.attack() AS phone"),
    ("the table dropped", "DROP TABLE own.customers CASCADE"),
    ("the schema renamed", "ALTER SCHEMA own RENAME TO mine; CREATE SCHEMA own"),
    ("the table a partition", "CREATE TABLE own.parts (LIKE own.customers) PARTITION BY RANGE (id);
         ALTER TABLE own.parts ATTACH PARTITION own.customers FOR VALUES FROM (0) TO (1000)"),
    ("the table a parent", "CREATE TABLE own.child () INHERITS (own.customers); INSERT INTO own.child (id) VALUES (88)"),
    ("another unique constraint of plain", "ALTER TABLE own.customers ADD UNIQUE ($plain, ctx); CREATE INDEX ON own.customers ($plain) WHERE m.attack(ctx)"),
    ("an index of plain in another way", "CREATE INDEX ON own.customers (m.attack($plain)); CREATE INDEX ON own.customers USING hash ($plain)"),
    ("a check of the encrypted column", "ALTER TABLE own.customers ADD CHECK (m.attack($encrypted::text))"),
    ("a check that looks like ours", "ALTER TABLE own.customers ALTER seen SET NOT NULL, ADD CONSTRAINT mine CHECK ($encrypted IS NOT NULL) NO INHERIT NOT VALID"),
    ("values of other rows", "ALTER TABLE own.customers DISABLE TRIGGER USER;
         UPDATE own.customers SET $encrypted = NULL; UPDATE own.customers SET $encrypted = '0401148076' WHERE id = 1;
         ALTER TABLE own.customers ENABLE TRIGGER USER"),
];

/// `$marker` names the two columns and `$sync` works; `%1$s` is their id.
const TRIGGERS: [(&str, &str); 28] = [
    ("the marker dropped", "DROP TRIGGER $marker ON own.customers"),
    ("the working trigger dropped", "DROP TRIGGER $sync ON own.customers"),
    ("both dropped", "DROP TRIGGER $marker ON own.customers; DROP TRIGGER $sync ON own.customers"),
    ("the working trigger off", "ALTER TABLE own.customers DISABLE TRIGGER $sync"),
    ("the working trigger for replicas", "ALTER TABLE own.customers ENABLE REPLICA TRIGGER $sync"),
    ("every trigger off", "ALTER TABLE own.customers DISABLE TRIGGER USER"),
    ("both renamed", "ALTER TRIGGER $marker ON own.customers RENAME TO a; ALTER TRIGGER $sync ON own.customers RENAME TO \"b'; --\""),
    ("a marker of numbers and times", "DROP TRIGGER $marker ON own.customers; $make UPDATE OF id, seen $each(%1$L, 'columns')"),
    ("a marker of text and a number", "DROP TRIGGER $marker ON own.customers; $make UPDATE OF ctx, id $each(%1$L, 'columns')"),
    ("a marker of two texts", "DROP TRIGGER $marker ON own.customers; $make UPDATE OF $plain, ctx $each(%1$L, 'columns')"),
    ("a marker the other way round", "DROP TRIGGER $marker ON own.customers; $make UPDATE OF $encrypted, $plain $each(%1$L, 'columns')"),
    ("a marker of another text", "DROP TRIGGER $marker ON own.customers; $make UPDATE OF ctx, $encrypted $each(%1$L, 'columns')"),
    ("a marker of one column", "DROP TRIGGER $marker ON own.customers; $make UPDATE OF $plain $each(%1$L, 'columns')"),
    ("a marker of three columns", "DROP TRIGGER $marker ON own.customers; $make UPDATE OF $plain, $encrypted, id $each(%1$L, 'columns')"),
    ("a second marker", "$make UPDATE OF ctx, seen $each(%1$L, 'columns')"),
    ("a marker that fires", "$make UPDATE OF $plain, $encrypted ON own.customers FOR EACH ROW EXECUTE FUNCTION phone_crypt.convert_row(%1$L, 'fill')"),
    ("a second working trigger", "$make INSERT OR UPDATE ON own.customers FOR EACH ROW EXECUTE FUNCTION phone_crypt.convert_row(%1$L, 'clear')"),
    ("a working trigger that does the opposite", "DROP TRIGGER $sync ON own.customers;
         $make INSERT OR UPDATE ON own.customers FOR EACH ROW EXECUTE FUNCTION phone_crypt.convert_row(%1$L, 'clear_with_spelling');
         ALTER TABLE own.customers ENABLE ALWAYS TRIGGER aa"),
    ("a working trigger of unknown work", "DROP TRIGGER $sync ON own.customers;
         $make INSERT OR UPDATE ON own.customers FOR EACH ROW EXECUTE FUNCTION phone_crypt.convert_row(%1$L, 'fill''); SELECT m.attack(); --')"),
    ("a working trigger of no arguments", "$make INSERT OR UPDATE ON own.customers FOR EACH ROW EXECUTE FUNCTION phone_crypt.convert_row()"),
    ("working triggers at other times", "CREATE TRIGGER a1 AFTER INSERT OR UPDATE ON own.customers FOR EACH ROW EXECUTE FUNCTION phone_crypt.convert_row(%1$L, 'fill');
         CREATE TRIGGER a2 BEFORE DELETE ON own.customers FOR EACH ROW EXECUTE FUNCTION phone_crypt.convert_row(%1$L, 'fill')"),
    ("working triggers of statements", "CREATE TRIGGER a3 BEFORE INSERT OR UPDATE ON own.customers EXECUTE FUNCTION phone_crypt.convert_row(%1$L, 'fill');
         CREATE TRIGGER a4 BEFORE TRUNCATE ON own.customers EXECUTE FUNCTION phone_crypt.convert_row(%1$L, 'fill')"),
    ("a conversion of other columns", "ALTER TABLE own.customers ADD other public.encrypted_phone;
         $make UPDATE OF ctx, other $each('m', 'columns');
         CREATE TRIGGER ab BEFORE INSERT OR UPDATE ON own.customers FOR EACH ROW EXECUTE FUNCTION phone_crypt.convert_row('m', 'fill')"),
    ("a conversion whose id is SQL", "ALTER TABLE own.customers ADD other public.encrypted_phone;
         $make UPDATE OF ctx, other $each('\\''); SELECT m.attack(); --', 'columns');
         CREATE TRIGGER ab BEFORE INSERT OR UPDATE ON own.customers FOR EACH ROW EXECUTE FUNCTION phone_crypt.convert_row('\\''); SELECT m.attack(); --', 'fill')"),
    ("a trigger of the owner's under the name of ours", "DROP TRIGGER $sync ON own.customers;
         CREATE TRIGGER $sync BEFORE INSERT OR UPDATE ON own.customers FOR EACH ROW EXECUTE FUNCTION m.attack_row();
         ALTER TABLE own.customers ENABLE ALWAYS TRIGGER $sync"),
    ("our trigger on a view", "CREATE VIEW own.looks AS SELECT * FROM own.customers;
         CREATE TRIGGER a INSTEAD OF INSERT OR UPDATE ON own.looks FOR EACH ROW EXECUTE FUNCTION phone_crypt.convert_row(%1$L, 'fill')"),
    ("our trigger on a partition", "CREATE TABLE own.parts (a bigint, b boolean, c text) PARTITION BY RANGE (a);
         CREATE TABLE own.part PARTITION OF own.parts DEFAULT;
         CREATE TRIGGER a BEFORE UPDATE OF b, c ON own.parts FOR EACH ROW WHEN (false) EXECUTE FUNCTION phone_crypt.convert_row('m', 'columns');
         CREATE TRIGGER b BEFORE INSERT OR UPDATE ON own.parts FOR EACH ROW EXECUTE FUNCTION phone_crypt.convert_row('m', 'fill')"),
    ("our trigger on a table of one number", "CREATE TABLE own.one (a bigint, b bigint);
         CREATE TRIGGER a BEFORE UPDATE OF a, b ON own.one FOR EACH ROW WHEN (false) EXECUTE FUNCTION phone_crypt.convert_row('m', 'columns');
         CREATE TRIGGER b BEFORE INSERT OR UPDATE ON own.one FOR EACH ROW EXECUTE FUNCTION phone_crypt.convert_row('m', 'fill')"),
];

/// The statements for the columns and triggers that are there, whatever they are called by then.
fn in_the_middle(statements: &str) -> String {
    let statements = statements
        .replace("$free", "DROP TRIGGER $marker ON own.customers; DROP TRIGGER $sync ON own.customers;")
        .replace(
            "$again",
            "CREATE TRIGGER $marker BEFORE UPDATE OF $plain, $encrypted $each(%1$L, 'columns');
             CREATE TRIGGER $sync BEFORE INSERT OR UPDATE ON own.customers FOR EACH ROW EXECUTE FUNCTION phone_crypt.convert_row(%1$L, '$work');
             ALTER TABLE own.customers ENABLE ALWAYS TRIGGER $sync",
        )
        .replace("$make", "CREATE TRIGGER aa BEFORE")
        .replace(
            "$each",
            "ON own.customers FOR EACH ROW WHEN (false) EXECUTE FUNCTION phone_crypt.convert_row",
        );
    format!(
        "DO $forge$
         DECLARE
             conversion record;
             statements text := $sql${statements}$sql$;
         BEGIN
             SELECT * INTO conversion FROM phone_crypt.conversions WHERE relation = 'own.customers'::regclass;
             IF NOT FOUND THEN RAISE EXCEPTION 'no conversion'; END IF;
             statements := replace(statements, '$plain', quote_ident(conversion.plain_column));
             statements := replace(statements, '$encrypted', quote_ident(conversion.encrypted_column));
             statements := replace(statements, '$marker', quote_ident(conversion.marker));
             statements := replace(statements, '$sync', quote_ident(conversion.trigger));
             statements := replace(statements, '$work', conversion.work);
             EXECUTE replace(statements, '%1$L', quote_literal(conversion.id));
         END $forge$"
    )
}

fn attacks(list: &[(&str, &str)]) -> Vec<Attack> {
    list.iter()
        .map(|(name, sql)| Attack::change(name, &in_the_middle(sql)))
        .collect()
}

/// The table changed in every way.
pub fn changes() -> Vec<Attack> {
    attacks(&CHANGES)
}

/// The conversion's triggers changed, and others like them.
pub fn triggers() -> Vec<Attack> {
    attacks(&TRIGGERS)
}
