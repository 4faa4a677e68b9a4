// An application whose column is converted meanwhile, through node-postgres with named statements. Called by
// test_conversion_applications.py, with PGHOST and the like set. For every line of input "FIRST TIMES RETURNS" it works
// that often, and prints "ok" or what failed; RETURNS says what a statement gives that returns the column itself.
const assert = require('node:assert');
const readline = require('node:readline');
const { Client } = require('pg');

const mobile = (n) => `+6140${String(n).padStart(7, '0')}`;
const INSERT = "INSERT INTO customer (id, phone, note) VALUES ($1, $2, 'new')";
const UPSERT = `${INSERT} ON CONFLICT (phone) DO UPDATE SET note = 'again' RETURNING id`;

async function work(client, first, times, returns) {
  const query = (name, text, values) => client.query({ name, text, values });
  for (let n = first; n < first + times; n += 1) {
    await query('insert', INSERT, [n, mobile(n)]);
    assert.equal((await query('upsert', UPSERT, [n + 9000, mobile(n)])).rows[0].id, n);
    const lookUp = 'SELECT id FROM customer WHERE phone = $1';
    assert.equal((await query('look-up', lookUp, [mobile(n)])).rows[0].id, n);
    assert.equal((await query('look-up', lookUp, [mobile(7)])).rows[0].id, 7);
    const show = 'SELECT phone_show(phone) AS phone FROM customer WHERE id = $1';
    assert.equal((await query('show', show, [7])).rows[0].phone, mobile(7));
  }
  const column = () => query('return', 'SELECT phone FROM customer WHERE id = $1', [7]);
  if (returns === 'text') assert.equal((await column()).rows[0].phone, mobile(7));
  if (returns === '0A000') await assert.rejects(column(), { code: '0A000' });
}

async function main() {
  const client = new Client();
  await client.connect();
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const [first, times, returns] = line.split(' ');
    try {
      await work(client, Number(first), Number(times), returns);
      console.log('ok');
    } catch (error) {
      console.log(`${error.code} ${error.message}`.replaceAll('\n', ' '));
    }
  }
  await client.end();
}

main();
