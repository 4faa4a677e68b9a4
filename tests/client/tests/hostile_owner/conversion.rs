//! The life of a table whose column becomes one of type encrypted_phone, at the hands of an administrator, with one
//! attack in it: before, while both columns are there, or once they have changed names.

use phone_crypt_client_tests::Sql;
use phone_crypt_client_tests::samples::{AU_UNDER_K2, BOB_UNDER_K1};

use crate::attack::Attack;
use crate::behind::FUNCTIONS;
use crate::forgeries;
use crate::routines::{self, in_full};
use crate::sites;
use crate::world::{Hides, World};

/// What the column holds at first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    Text,
    /// Those of `phone_encrypt`.
    Values,
}

impl Source {
    /// Statements for plain text, for this one.
    fn of(self, sql: &str) -> String {
        match self {
            Source::Text => sql.to_owned(),
            Source::Values => sql
                .replace("'phone', 'text')", "'phone', 'value ')")
                .replace("'fill')", "'read')"),
        }
    }

    fn rows(self) -> String {
        match self {
            Source::Text => TEXTS.to_owned(),
            Source::Values => format!(
                "INSERT INTO own.customers VALUES (1, '{AU_UNDER_K2}', now(), 'c1'),
                     (3, '{BOB_UNDER_K1}', now(), 'c3'), (5, NULL, now(), 'c5')"
            ),
        }
    }
}

const TABLE: &str = "CREATE TABLE own.customers (id bigint PRIMARY KEY, phone text UNIQUE, seen timestamptz DEFAULT now(), ctx text)";
const TEXTS: &str = "INSERT INTO own.customers VALUES (1, '0401148075', now(), 'c1'), (2, '+1 401 148 0751', now(), 'c2'),
        (3, 'ask for Bob', now(), 'c3'), (4, '+61 401 148 076 x12', now(), 'c4'), (5, NULL, now(), 'c5'),
        (6, '0401 148 077', now(), 'c6')";

/// What leads to a trigger that fills the column, and no further: the procedure itself would go on to the end.
const BEGIN: [&str; 4] = [
    "CALL public.phone_encrypt_column('own.customers', 'phone', dry_run => true)",
    "CALL phone_crypt.change_table('own.customers', phone_crypt.prepare_sql('own.customers', 'phone', 'text'), NULL)",
    "CALL phone_crypt.change_table('own.customers', phone_crypt.missing_indexes(phone_crypt.conversion('own.customers', 'phone'), false, false), NULL)",
    "CALL phone_crypt.change_table('own.customers',
         phone_crypt.constraints_sql(phone_crypt.conversion('own.customers', 'phone')) OPERATOR(pg_catalog.||)
         phone_crypt.sync_trigger_sql(phone_crypt.conversion('own.customers', 'phone'), 'fill'), NULL)",
];
const SWAP: [&str; 3] = [
    "SELECT * FROM public.phone_column_statements('own.customers', 'phone')",
    "CALL public.phone_encrypt_column('own.customers', 'phone', duplicates => 'text', batch_size => 2)",
    "CALL public.phone_encrypt_column('own.customers', 'phone')",
];
const DROP: [&str; 10] = [
    "SELECT * FROM public.phone_column_keys()",
    "CALL public.phone_verify_column('own.customers', 'phone')",
    "SELECT * FROM public.phone_column_keys('own.customers', 'phone')",
    "SELECT * FROM phone_crypt.conversions",
    "SELECT public.phone_column_policy('own.customers', 'phone', 'null', '10 years', 'seen')",
    "SELECT * FROM phone_crypt.encrypted_columns",
    "SELECT * FROM public.phone_forget('+61 401 148 077')",
    "CALL public.phone_purge_expired()",
    "CALL public.phone_drop_plaintext('own.customers', 'phone', dry_run => true)",
    "CALL public.phone_drop_plaintext('own.customers', 'phone')",
];
/// The label is in the way of the conversion: it would not be carried over.
const BACK: [&str; 9] = [
    "CALL public.phone_rotate_column('own.customers', 'phone')",
    "CALL public.phone_rotate_all()",
    "SECURITY LABEL FOR phone_crypt ON COLUMN own.customers.phone IS NULL",
    "SELECT * FROM public.phone_crypt_pin_keys('3a4e3936')",
    "CALL public.phone_rotate_hash_key('3a4e3936', dry_run => true)",
    "CALL public.phone_rotate_hash_key('3a4e3936', batch_size => 2)",
    "CALL public.phone_rotate_hash_key('a915ee2b')",
    "CALL public.phone_decrypt_column('own.customers', 'phone', dry_run => true)",
    "CALL public.phone_decrypt_column('own.customers', 'phone', batch_size => 2)",
];

/// What the owner does himself, and what reaches the conversion's trigger, also on what a forgery has made.
const OWN_WRITES: [&str; 8] = [
    "UPDATE own.customers SET seen = seen, ctx = ctx WHERE id < 4",
    "INSERT INTO own.customers (id, phone) VALUES (10, '+61401148078') ON CONFLICT DO NOTHING",
    "INSERT INTO own.customers (id, phone) VALUES (11, '0401 148 078') ON CONFLICT (phone) DO UPDATE SET ctx = 'again'",
    "UPDATE own.customers SET phone = '+61401148079' WHERE id = 3",
    "DELETE FROM own.customers WHERE id = 4",
    "INSERT INTO own.looks (id) VALUES (77)",
    "INSERT INTO own.parts VALUES (1, true, 'x')",
    "INSERT INTO own.one VALUES (1, 2)",
];

/// When the owner does what he does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum When {
    Plain,
    Filling,
    Swapped,
}

/// Those whose code no conversion meets: it refuses the table or the column, or what is hung there is not the owner's.
const NEVER_MET: [&str; 4] = [
    "a type with casts, of the column",
    "statistics of an expression",
    "a policy",
    "a table that inherits",
];

/// A life in progress.
struct Life<'a> {
    world: &'a mut World,
    attack: Option<&'a Attack>,
    when: When,
    source: Source,
}

impl Life<'_> {
    fn raised(&self) -> Option<&'static str> {
        self.attack.and_then(|attack| attack.raises)
    }

    /// The administrator does these, one after the other. Without an attack each must succeed.
    fn act(&mut self, calls: &[&str]) -> Result<(), String> {
        for sql in calls {
            if self.attack.is_none() {
                self.world.superuser.run(sql);
            }
            let outcome = self.world.act(sql, self.raised(), Hides::Numbers);
            outcome.map_err(|error| format!("{sql}: {error}"))?;
        }
        Ok(())
    }

    fn own_writes(&mut self) -> Result<(), String> {
        for sql in OWN_WRITES {
            let outcome = self.world.act_as_owner(sql, self.raised());
            outcome.map_err(|error| format!("{sql}: {error}"))?;
        }
        Ok(())
    }

    /// Calls everything that is behind the procedures, and takes it back.
    fn act_inside(&mut self) -> Result<(), String> {
        for (name, arguments) in FUNCTIONS.iter().chain(routines::FUNCTIONS) {
            let sql = format!("SELECT * FROM {}{arguments}", in_full(name));
            if self.attack.is_none() {
                // What has been renamed would be called in vain ever after.
                let prepared = self.world.superuser.prepare(&sql);
                prepared.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
            }
            let sql = format!("BEGIN; LOCK TABLE own.customers; {sql}; ROLLBACK");
            let outcome = self.world.act(&sql, self.raised(), Hides::Keys);
            outcome.map_err(|error| format!("{sql}: {error}"))?;
        }
        Ok(())
    }

    fn attack(&mut self, when: When) {
        if let Some(attack) = self.attack.filter(|_| when == self.when) {
            self.world.arm(attack);
        }
    }

    fn run(&mut self) -> Result<(), String> {
        self.world.owner.run(TABLE);
        self.world.owner.run(&self.source.rows());
        self.attack(When::Plain);
        for sql in BEGIN.map(|sql| self.source.of(sql)) {
            match self.attack {
                Some(_) => self.act(&[&sql])?,
                None => self.world.superuser.run(&sql),
            }
        }
        self.attack(When::Filling);
        self.own_writes()?;
        // What is behind the procedures meets each attack in one of the lives.
        if self.when == When::Filling && self.source == Source::Text {
            self.act_inside()?;
        }
        self.act(&SWAP)?;
        self.attack(When::Swapped);
        self.own_writes()?;
        if self.when == When::Swapped {
            self.act_inside()?;
        }
        match self.attack {
            Some(_) => self.act(&DROP)?,
            None => DROP.iter().for_each(|sql| self.world.superuser.run(sql)),
        }
        self.own_writes()?;
        match self.attack {
            Some(_) => self.act(&BACK)?,
            None => BACK.iter().for_each(|sql| self.world.superuser.run(sql)),
        }
        self.own_writes()?;
        self.world.end()
    }
}

/// One life, of a column of plain text.
fn live(world: &mut World, attack: Option<&Attack>, when: When) -> Result<(), String> {
    live_from(Source::Text, world, attack, when)
}

fn live_from(
    source: Source,
    world: &mut World,
    attack: Option<&Attack>,
    when: When,
) -> Result<(), String> {
    Life {
        world,
        attack,
        when,
        source,
    }
    .run()
}

/// Lives every life, with each attack at each of these moments.
fn resists(source: Source, attacks: &[Attack], moments: &[When]) {
    let mut failures = Vec::new();
    let mut world = World::new();
    for attack in attacks {
        let mut times_run = 0;
        // The triggers keep the column as it is.
        let is_of_another_type = attack.sql.contains("ALTER phone TYPE");
        for when in moments {
            if is_of_another_type && *when != When::Plain {
                continue;
            }
            let outcome = live_from(source, &mut world, Some(attack), *when);
            times_run += world.times_run();
            match outcome {
                Ok(()) => world.clear(),
                Err(error) => {
                    let when = format!("{when:?}").to_lowercase();
                    failures.push(format!("{} (done while {when}): {error}", attack.name));
                    world = World::new();
                }
            }
        }
        if attack.runs_code && times_run == 0 {
            failures.push(format!("{}: its code was never met", attack.name));
        }
    }
    assert!(
        failures.is_empty(),
        "{} failures:\n{}",
        failures.len(),
        failures.join("\n")
    );
}

fn places() -> Vec<Attack> {
    let mut attacks = sites::places("own.customers", "phone");
    for attack in &mut attacks {
        attack.runs_code = !NEVER_MET.contains(&attack.name.as_str());
    }
    attacks
}

#[test]
fn a_conversion_without_an_attack_succeeds() {
    let mut world = World::new();
    world.take_time();
    live(&mut world, None, When::Filling).expect("nobody attacks");
    world.clear();
    live(&mut world, None, When::Swapped).expect("nobody attacks");
}

#[test]
fn a_conversion_runs_code_hung_on_a_table_as_its_owner_only() {
    resists(
        Source::Text,
        &places(),
        &[When::Plain, When::Filling, When::Swapped],
    );
}

#[test]
fn a_conversion_lets_code_hung_on_a_table_do_what_it_likes() {
    let attacks = sites::payloads("own.customers", "phone");
    resists(Source::Text, &attacks, &[When::Filling, When::Swapped]);
}

#[test]
fn a_conversion_meets_any_change_of_the_table() {
    resists(
        Source::Text,
        &forgeries::changes(),
        &[When::Filling, When::Swapped],
    );
}

#[test]
fn a_conversion_meets_forged_triggers() {
    resists(
        Source::Text,
        &forgeries::triggers(),
        &[When::Filling, When::Swapped],
    );
}

#[test]
fn a_conversion_of_values_without_an_attack_succeeds() {
    let mut world = World::new();
    world.take_time();
    live_from(Source::Values, &mut world, None, When::Filling).expect("nobody attacks");
}

#[test]
fn a_conversion_of_values_resists_all_of_it() {
    let mut attacks = places();
    attacks.extend(forgeries::changes());
    attacks.extend(forgeries::triggers());
    // No value becomes one of the data type by a cast, and the triggers keep the column as it is.
    attacks.retain(|attack| {
        attack.name != "plain of the data type" && !attack.sql.contains("ALTER phone TYPE")
    });
    resists(Source::Values, &attacks, &[When::Filling]);
}

#[test]
fn a_conversion_meets_an_administrators_path() {
    for source in [Source::Text, Source::Values] {
        let mut world = World::new();
        world.set_callers_path("m, pg_catalog");
        let attack = Attack::change("a path that begins with the owner's schema", "");
        live_from(source, &mut world, Some(&attack), When::Filling).expect("nothing is diverted");
    }
}
