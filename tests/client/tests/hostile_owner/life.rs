//! The life of a table from plain text to encrypted and back, at the hands of an administrator, with one attack in it.

use phone_crypt_client_tests::Sql;

use crate::attack::{Attack, Moment};
use crate::routines::{FUNCTIONS, MORE_FUNCTIONS, PROCEDURES, in_full};
use crate::world::{Hides, World};
use crate::{registry, shapes, sites};

const TABLE: &str = "CREATE TABLE own.customers (id bigint PRIMARY KEY, phone text UNIQUE, seen timestamptz DEFAULT now(), ctx text);
    INSERT INTO own.customers VALUES (1, '0401148075', now(), 'c1'), (2, '+1 401 148 0751', now() - interval '1 year', 'c2'),
        (3, 'ask for Bob', now(), 'c3'), (4, '+61 401 148 076 x12', now(), 'c4'), (5, NULL, now(), 'c5'),
        (6, '0401 148 077', now(), 'c6')";

/// What the administrator does up to each moment.
const ENCRYPT: [&str; 2] = [
    "CALL public.phone_add_encrypted_column('own.customers', 'phone', context_column => 'ctx', dry_run => true)",
    "CALL public.phone_add_encrypted_column('own.customers', 'phone', context_column => 'ctx', view_name => 'looks')",
];
const KEEP: [&str; 10] = [
    "CALL public.phone_add_encrypted_column('own.customers', 'phone', context_column => 'ctx')",
    "SELECT public.phone_column_policy('own.customers', 'phone', 'null', '30 days', 'seen')",
    "SELECT * FROM phone_crypt.column_keys",
    "CALL public.phone_rotate_column('own.customers', 'phone', dry_run => true)",
    "CALL public.phone_rotate_all(dry_run => true)",
    "CALL public.phone_rotate_column('own.customers', 'phone', rotate_hash => true, batch_size => 2)",
    "CALL public.phone_rotate_all(rotate_hash => true)",
    "SELECT * FROM public.phone_forget('0401 148 077')",
    "CALL public.phone_purge_expired(dry_run => true)",
    "CALL public.phone_purge_expired(batch_size => 1)",
];
const DROP: [&str; 2] = [
    "CALL public.phone_drop_plaintext('own.customers', 'phone', dry_run => true)",
    "CALL public.phone_drop_plaintext('own.customers', 'phone')",
];
const BACK: [&str; 7] = [
    "CALL public.phone_rotate_all()",
    "SELECT * FROM public.phone_forget('0401 148 077')",
    "CALL public.phone_purge_expired()",
    "DROP VIEW IF EXISTS own.looks",
    "CALL public.phone_decrypt_column('own.customers', 'phone', dry_run => true)",
    "CALL public.phone_decrypt_column('own.customers', 'phone', keep_encrypted => true)",
    "CALL public.phone_decrypt_column('own.customers', 'phone')",
];

/// What the owner does himself, and what reaches the registration's triggers.
const OWN_WRITES: [&str; 5] = [
    "UPDATE own.customers SET seen = seen, ctx = ctx WHERE id < 4",
    "INSERT INTO own.customers (id, phone) VALUES (10, '+61401148078')",
    "UPDATE own.looks SET phone = '+61401148079' WHERE id = 3",
    "DELETE FROM own.customers WHERE id = 4",
    "SELECT * FROM own.looks",
];

/// A life in progress.
struct Life<'a> {
    world: &'a mut World,
    attack: Option<&'a Attack>,
    moment: Moment,
    failures: Vec<String>,
}

impl Life<'_> {
    fn raised(&self) -> Option<&'static str> {
        self.attack.and_then(|attack| attack.raises)
    }

    fn note(&mut self, sql: &str, outcome: Result<(), String>) {
        if let Err(error) = outcome {
            let name = self.attack.map_or("no attack", |attack| &attack.name);
            let when = format!("{:?}", self.moment).to_lowercase();
            self.failures
                .push(format!("{name} (done while {when}): {sql}: {error}"));
        }
    }

    /// What comes after a failure would only be its consequence.
    fn has_failed(&self) -> bool {
        !self.failures.is_empty()
    }

    /// The administrator does these, one after the other. Without an attack each must succeed.
    fn act(&mut self, calls: &[&str]) {
        for sql in calls {
            if self.has_failed() {
                return;
            }
            if self.attack.is_none() {
                self.world.superuser.run(sql);
            }
            let outcome = self.world.act(sql, self.raised(), Hides::Numbers);
            self.note(sql, outcome);
        }
    }

    fn own_writes(&mut self) {
        for sql in OWN_WRITES {
            if self.has_failed() {
                return;
            }
            let outcome = self.world.act_as_owner(sql, self.raised());
            self.note(sql, outcome);
        }
    }

    /// Calls everything that is behind the procedures, and takes it back.
    fn act_inside(&mut self) {
        for (name, arguments) in FUNCTIONS.iter().chain(&MORE_FUNCTIONS) {
            if self.has_failed() {
                return;
            }
            let sql = format!("SELECT * FROM {}{arguments}", in_full(name));
            if self.attack.is_none() {
                // What has been renamed would be called in vain ever after.
                let prepared = self.world.superuser.prepare(&sql);
                prepared.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
            }
            let sql = format!("BEGIN; {sql}; ROLLBACK");
            let outcome = self.world.act(&sql, self.raised(), Hides::Keys);
            self.note(&sql, outcome);
        }
        for (name, arguments) in PROCEDURES {
            let sql = format!("CALL {}{arguments}", in_full(name));
            let outcome = self.world.act(&sql, self.raised(), Hides::Keys);
            self.note(&sql, outcome);
        }
    }

    /// One value under the previous key, and a hash that is said to be: rotation has something to do.
    fn make_old(&mut self) {
        let value = self.world.under_previous_key.clone();
        let sql = format!(
            "ALTER TABLE own.customers DISABLE TRIGGER USER;
             UPDATE own.customers SET phone_encrypted = '{value}' WHERE id = 1;
             ALTER TABLE own.customers ENABLE TRIGGER USER;
             UPDATE phone_crypt.columns SET hash_key_id = '3a4e3936' WHERE relation = 'own.customers'::regclass"
        );
        // The attack may have made this impossible.
        let _ = self.world.owner.batch_execute(&sql);
    }

    fn attack(&mut self, moment: Moment) {
        let Some(attack) = self.attack.filter(|_| moment == self.moment) else {
            return;
        };
        self.world.arm(attack);
    }

    fn run(&mut self, inside: bool) {
        self.world.owner.run(TABLE);
        self.attack(Moment::Plain);
        self.act(&ENCRYPT);
        self.attack(Moment::Encrypted);
        if self.moment != Moment::Dropped {
            self.own_writes();
            self.make_old();
        }
        if inside {
            self.act_inside();
        }
        self.act(&KEEP);
        self.act(&DROP);
        self.attack(Moment::Dropped);
        self.own_writes();
        self.act(&BACK);
        if !self.has_failed() {
            let outcome = self.world.end();
            self.note("at the end", outcome);
        }
    }
}

/// Lives one life; what went wrong in it.
fn live(world: &mut World, attack: Option<&Attack>, moment: Moment, inside: bool) -> Vec<String> {
    let mut life = Life {
        world,
        attack,
        moment,
        failures: Vec::new(),
    };
    life.run(inside);
    life.failures
}

/// Lives every life, with each attack at each of its moments.
fn resists(attacks: &[Attack]) {
    let mut failures = Vec::new();
    let mut world = World::new();
    for attack in attacks {
        let mut times_run = 0;
        for (number, moment) in attack.moments.iter().enumerate() {
            // What is behind the procedures meets each attack once.
            let inside = number == 0;
            let failed = live(&mut world, Some(attack), *moment, inside);
            times_run += world.times_run();
            match failed.is_empty() {
                true => world.clear(),
                false => world = World::new(),
            }
            failures.extend(failed);
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

#[test]
fn without_an_attack_every_call_succeeds() {
    let mut world = World::new();
    world.take_time();
    let failures = live(&mut world, None, Moment::Plain, true);
    assert!(failures.is_empty(), "{failures:?}");
}

#[test]
fn code_hung_on_a_table_runs_as_its_owner_only() {
    resists(&sites::places("own.customers", "phone"));
}

#[test]
fn code_hung_on_a_table_may_do_what_it_likes() {
    resists(&sites::payloads("own.customers", "phone"));
}

#[test]
fn columns_may_become_of_any_type() {
    resists(&shapes::types());
}

#[test]
fn a_table_may_change_its_shape() {
    resists(&shapes::changes());
}

#[test]
fn a_registration_leads_nobody_astray() {
    let attacks = registry::attacks();
    resists(&attacks);
}

#[test]
fn what_the_owner_calls_himself_runs_as_himself() {
    let mut failures = Vec::new();
    let mut world = World::new();
    for attack in sites::places("own.customers", "phone") {
        world.owner.run(TABLE);
        // Only to tell whose rights it has: what he sets in his own session is his own affair.
        world.arm(&Attack::code(&attack.name, &attack.sql, ""));
        for sql in ENCRYPT.iter().chain(&KEEP).chain(&DROP).chain(&BACK) {
            let outcome = world.act_as_owner(sql, None);
            failures.extend(
                outcome
                    .err()
                    .map(|error| format!("{}: {sql}: {error}", attack.name)),
            );
        }
        world.clear();
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn an_administrators_path_diverts_nothing() {
    let mut world = World::new();
    world.set_callers_path("m, pg_catalog");
    let attack = Attack::change("a path that begins with the owner's schema", "");
    let failures = live(&mut world, Some(&attack), Moment::Encrypted, true);
    assert!(failures.is_empty(), "{failures:#?}");
}
