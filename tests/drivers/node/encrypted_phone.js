// The data type through node-postgres. Called by test_encrypted_phone_node.py, with PGHOST and the like set; prints
// what failed and exits with 1, or prints "ok".
const assert = require('node:assert');
const { pipeline } = require('node:stream/promises');
const { Readable } = require('node:stream');
const { Client } = require('pg');
const { from: copyFrom } = require('pg-copy-streams');

const rows = Number(process.argv[2]);
const mobile = (n) => `+6140${String(n).padStart(7, '0')}`;
const spelling = (n) => `0${mobile(n).slice(3, 6)} ${mobile(n).slice(6)}`;

async function find(client, phone) {
  const query = 'SELECT id, phone_show(phone) AS phone FROM customer WHERE phone = $1';
  const found = await client.query(query, [phone]);
  return found.rows[0];
}

async function found(client, query, parameters, name) {
  const plan = await client.query({ text: `EXPLAIN (COSTS OFF) ${query}`, values: parameters });
  const lines = plan.rows.map((row) => row['QUERY PLAN']).join('\n');
  assert(lines.includes('customer_phone_key') && !lines.includes('Seq Scan on customer'), lines);
  const result = await client.query({ text: query, values: parameters, name });
  return result.rows.map((row) => row.id).sort((left, right) => left - right);
}

async function run(client) {
  const equal = 'SELECT id FROM customer WHERE phone = $1';
  assert.deepEqual(await found(client, equal, [spelling(7)]), [7]);
  assert.deepEqual(await found(client, equal, [mobile(7)]), [7]);
  assert.deepEqual(await found(client, equal, ['ask for Bob']), []);
  for (let n = 0; n < 10; n += 1) assert.deepEqual(await found(client, equal, [spelling(n)], 'by-phone'), [n]);
  assert.deepEqual(await found(client, 'SELECT id FROM customer WHERE phone IN ($1, $2)', [spelling(7), mobile(8)]), [7, 8]);
  const any = 'SELECT id FROM customer WHERE phone = ANY($1)';
  assert.deepEqual(await found(client, any, [[spelling(7), mobile(8)]]), [7, 8]);
  assert.deepEqual(await found(client, `${any.slice(0, -1)}::text[])`, [[spelling(7), mobile(8)]]), [7, 8]);
  const join = 'SELECT c.id FROM typed JOIN customer AS c ON c.phone = entered WHERE entered = $1';
  assert.deepEqual(await found(client, join, ['040 0000 005']), [5]);

  const upsert = 'INSERT INTO customer VALUES ($1, $2) ON CONFLICT (phone) DO UPDATE SET id = EXCLUDED.id RETURNING id';
  assert.equal((await client.query(upsert, [rows, spelling(rows)])).rows[0].id, rows);
  assert.equal((await client.query(upsert, [rows + 1, mobile(rows)])).rows[0].id, rows + 1);
  assert.deepEqual(await find(client, spelling(rows)), { id: rows + 1, phone: mobile(rows) });
  assert.equal(await find(client, 'ask for Bob'), undefined);
  const stored = await client.query('SELECT phone FROM customer WHERE phone = $1', [mobile(rows)]);
  assert.match(stored.rows[0].phone, /^ep:[a-p]+$/);

  const copy = client.query(copyFrom('COPY customer FROM STDIN'));
  await pipeline(Readable.from([`5000\t${spelling(5000)}\n`, `5001\t${spelling(5001)}\n`]), copy);
  assert.deepEqual(await found(client, equal, [mobile(5001)]), [5001]);

  await assert.rejects(client.query('INSERT INTO customer VALUES ($1, $2)', [-1, '4155550123 or 4155550124']), (error) => {
    assert.equal(error.code, '23514');
    assert(!JSON.stringify({ ...error, message: error.message }).includes('4155550123'));
    return true;
  });
}

async function main() {
  const client = new Client();
  await client.connect();
  try {
    await client.query('BEGIN');
    await run(client);
    await client.query('ROLLBACK');
  } finally {
    await client.end();
  }
  console.log('ok');
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
