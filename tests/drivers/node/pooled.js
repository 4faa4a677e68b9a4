// The data type through node-postgres and PgBouncer. Called by test_encrypted_phone_pgbouncer.py with the number of rows
// and, where PgBouncer keeps prepared statements, "named"; prints what failed and exits with 1, or prints "ok".
const assert = require('node:assert');
const { Pool } = require('pg');

const rows = Number(process.argv[2]);
const named = process.argv[3] === 'named';
const mobile = (n) => `+6140${String(n).padStart(7, '0')}`;
const spelling = (n) => `0${mobile(n).slice(3, 6)} ${mobile(n).slice(6)}`;

const FIND = 'SELECT id, phone_show(phone) AS phone FROM customer WHERE phone = $1';
const SIGN_UP = 'INSERT INTO customer VALUES ($1, $2) ON CONFLICT (phone) DO UPDATE SET id = EXCLUDED.id RETURNING id';

const ask = (pool, name, text, values) => pool.query(named ? { name, text, values } : { text, values });

async function find(pool, phone) {
  const found = await ask(pool, 'find', FIND, [phone]);
  return found.rows[0];
}

async function signUp(pool, id, phone) {
  const done = await ask(pool, 'sign up', SIGN_UP, [id, phone]);
  return done.rows[0].id;
}

async function visit(pool, n) {
  assert.deepEqual(await find(pool, spelling(n % rows)), { id: n % rows, phone: mobile(n % rows) });
  assert.equal(await signUp(pool, rows + n, spelling(rows + n)), rows + n);
  assert.equal(await signUp(pool, 2 * rows + n, mobile(rows + n)), 2 * rows + n);
  assert.equal((await find(pool, mobile(rows + n))).id, 2 * rows + n);
  assert.equal(await find(pool, `ask for Bob, ${n} times`), undefined);
}

async function main() {
  const pool = new Pool({ max: 8 });
  await Promise.all(Array.from({ length: 100 }, (_, n) => visit(pool, n)));
  await pool.query('DELETE FROM customer WHERE id >= $1', [rows]);
  await pool.end();
  console.log('ok');
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
