// The data type through Knex and Drizzle, both over node-postgres. Called by test_encrypted_phone_node.py, with PGHOST and
// the like set; prints what failed and exits with 1, or prints "ok".
const assert = require('node:assert');
const { Pool } = require('pg');
const knex = require('knex');
const { eq, inArray, sql } = require('drizzle-orm');
const { drizzle } = require('drizzle-orm/node-postgres');
const { customType, integer, pgTable } = require('drizzle-orm/pg-core');

const mobile = (n) => `+6140${String(n).padStart(7, '0')}`;
const spelling = (n) => `0${mobile(n).slice(3, 6)} ${mobile(n).slice(6)}`;

const database = knex({ client: 'pg', connection: {}, compileSqlOnError: false });

async function findWithKnex(phone) {
  return database('customer').where({ phone }).first('id', database.raw('phone_show(phone) AS phone'));
}

const encryptedPhone = customType({ dataType: () => 'encrypted_phone' });
const customer = pgTable('customer', {
  id: integer('id').primaryKey(),
  phone: encryptedPhone('phone').unique(),
});

async function findWithDrizzle(db, phone) {
  const columns = { id: customer.id, phone: sql`phone_show(${customer.phone})` };
  const found = await db.select(columns).from(customer).where(eq(customer.phone, phone));
  return found[0];
}

// What an exception of a refused insert says.
async function refusal(insert) {
  const error = await insert.then(() => assert.fail('not refused'), (raised) => raised);
  return { code: error.code ?? error.cause.code, text: `${error.message} ${error.stack}` };
}

async function runKnex() {
  assert.deepEqual(await findWithKnex(spelling(7)), { id: 7, phone: mobile(7) });
  assert.equal(await findWithKnex('ask for Bob'), undefined);
  const several = await database('customer').whereIn('phone', [spelling(7), mobile(8)]).orderBy('id').pluck('id');
  assert.deepEqual(several, [7, 8]);
  await database('customer').insert({ id: 20001, phone: spelling(20001) });
  const upsert = database('customer').insert({ id: 20002, phone: mobile(20001) }).onConflict('phone').ignore();
  await upsert;
  assert.equal((await findWithKnex(mobile(20001))).id, 20001);
  await database('customer').where({ id: 20001 }).update({ phone: mobile(20003) });
  assert.equal((await findWithKnex(spelling(20003))).id, 20001);
  const refused = await refusal(database('customer').insert({ id: 20004, phone: mobile(7) }));
  assert.equal(refused.code, '23505');
  assert(!refused.text.includes(mobile(7)), 'the exception shows the number');
}

async function runDrizzle(db) {
  assert.deepEqual(await findWithDrizzle(db, spelling(7)), { id: 7, phone: mobile(7) });
  assert.equal(await findWithDrizzle(db, 'ask for Bob'), undefined);
  const several = await db.select({ id: customer.id }).from(customer)
    .where(inArray(customer.phone, [spelling(7), mobile(8)])).orderBy(customer.id);
  assert.deepEqual(several, [{ id: 7 }, { id: 8 }]);
  await db.insert(customer).values({ id: 30001, phone: spelling(30001) });
  const again = { id: 30002, phone: mobile(30001) };
  await db.insert(customer).values(again).onConflictDoUpdate({ target: customer.phone, set: { id: 30005 } });
  assert.equal((await findWithDrizzle(db, mobile(30001))).id, 30005);
  const refused = await refusal(db.insert(customer).values({ id: 30004, phone: mobile(7) }));
  assert.equal(refused.code, '23505');
  // Drizzle's own exception prints the parameters; the documentation says what to log instead.
  assert(refused.text.includes(mobile(7)));
}

async function main() {
  const pool = new Pool();
  try {
    await runKnex();
    await runDrizzle(drizzle(pool));
    console.log('ok');
  } finally {
    await pool.end();
    await database.destroy();
  }
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
