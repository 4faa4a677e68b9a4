// webhook_receive and the providers' own packages judge the same requests, signed now, and changed in each of some ways:
// they must say the same. Prints how many requests were judged.
const assert = require('assert');
const { Client } = require('pg');
const { peers, vonage, stripe, tokenOfAnotherKind } = require('./requests');

// One character of the last signature in these headers becomes another one.
function withAnotherSignature(headers) {
  const name = Object.keys(headers).find((key) => /signature(-v[23]|-ed25519)?$|^authorization$/i.test(key));
  const at = headers[name].length - 10, character = headers[name][at] === 'a' ? 'b' : 'a';
  return { ...headers, [name]: headers[name].slice(0, at) + character + headers[name].slice(at + 1) };
}

const CHANGES = {
  nothing: (request) => request,
  body: (request) => ({ ...request, body: `${request.body.slice(0, -2)}x${request.body.slice(-1)}` }),
  url: (request) => request.url && { ...request, url: request.url.replace('example.com', 'example.org') },
  signature: (request) => ({ ...request, headers: withAnotherSignature(request.headers) }),
};

async function main() {
  const client = new Client();
  await client.connect();
  const create = (name, peer, secret) => client.query(
    `SELECT webhook_endpoint_create($1, $2, ${peer.isPublic ? 'public_key' : 'secret'} => $3)`, [name, peer.scheme, secret]);
  const receive = async (name, { headers, body, url }) => (await client.query(
    'SELECT accepted, reason FROM webhook_receive($1, $2, $3, $4)', [name, headers, Buffer.from(body), url])).rows[0];
  let judged = 0;
  // What the package ignores, we need not.
  async function agree(what, peer, name, request, secret, isIgnored = false) {
    const theirs = await peer.accepts(request, secret);
    const ours = await receive(name, request);
    judged += 1;
    if (isIgnored) assert(theirs, `${what}: the package has begun to look at it`);
    else assert.strictEqual(ours.accepted, theirs, `${what}: ${ours.reason}, the package ${theirs}`);
    return ours;
  }
  for (const peer of peers) {
    await create(peer.name.replace(/\W+/g, '-'), peer, peer.secret);
    const name = peer.name.replace(/\W+/g, '-');
    for (const [change, apply] of Object.entries(CHANGES)) {
      const request = apply(peer.make(0));
      if (!request) continue;
      const ignored = (peer.ignores || []).includes(change);
      const ours = await agree(`${peer.name}, changed: ${change}`, peer, name, request, peer.secret, ignored);
      // Only Plivo's second scheme signs no body.
      const isAccepted = change === 'nothing' || (change === 'body' && peer.scheme === 'plivo-v2');
      assert.strictEqual(ours.accepted, isAccepted, `${peer.name}, changed: ${change}: ${ours.reason}`);
    }
    const another = peer.another || peer.secret.split('').reverse().join('');
    await create(`${name}-2`, peer, another);
    const wrongKey = await agree(`${peer.name}, another key`, peer, `${name}-2`, peer.make(0), another);
    assert.strictEqual(wrongKey.reason, 'signature', peer.name);
    if (/standard|stripe|telnyx/.test(peer.scheme)) {
      const late = await agree(`${peer.name}, of an hour ago`, peer, name, peer.make(-3600), peer.secret);
      assert.strictEqual(late.reason, 'too_old', peer.name);
      const fresh = await agree(`${peer.name}, of a minute ago`, peer, name, peer.make(-60), peer.secret);
      assert.strictEqual(fresh.reason, 'ok', peer.name);
    }
  }
  const confused = await agree('a token of another algorithm', vonage, 'vonage-jwt', tokenOfAnotherKind(), vonage.secret);
  assert(!confused.accepted);
  // What webhook_sign signs is what Stripe's package verifies.
  const payload = JSON.stringify({ id: 'evt_1', object: 'event' });
  const { signature, timestamp } = (await client.query('SELECT * FROM webhook_sign($1, $2)', [Buffer.from(payload), stripe.secret])).rows[0];
  const header = `t=${timestamp},v1=${signature}`;
  assert(await stripe.accepts({ body: payload, headers: { 'Stripe-Signature': header } }, stripe.secret));
  assert(!await stripe.accepts({ body: `${payload} `, headers: { 'Stripe-Signature': header } }, stripe.secret));
  await client.end();
  console.log(judged);
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
