// Requests signed now, each with the provider's own package as a second opinion. Where the package signs, it has signed;
// where it only verifies, Node's crypto has.
//
// A peer: the scheme, the endpoint's secret, `make(seconds)`, which gives a request as it is signed so many seconds from
// now, and `accepts(request, secret)`, what the package says of it.
const crypto = require('crypto');
const querystring = require('querystring');
const { verifySignature, tokenGenerate } = require('@vonage/jwt');
const plivo = require('plivo');
const standardwebhooks = require('standardwebhooks');
const Stripe = require('stripe');
const svix = require('svix');
const { Telnyx } = require('telnyx');
const twilio = require('twilio');

const SECRET = crypto.randomBytes(24).toString('hex');
const hmac = (algorithm, key, text) => crypto.createHmac(algorithm, key).update(text);
const seconds = (after) => Math.floor(Date.now() / 1000) + after;
const body = () => JSON.stringify({ id: crypto.randomUUID(), text: 'naïve ☎ 😀' });
const form = () => ({ From: '+14155550123', Body: 'naïve ☎ a+b & c=d', Empty: '', Sid: crypto.randomUUID() });

// Whether a call throws nothing, and does not answer false.
async function holds(call) {
  try {
    return (await call()) !== false;
  } catch {
    return false;
  }
}

function standard(name, Webhook, prefix) {
  const [secret, another] = [1, 2].map(() => `whsec_${crypto.randomBytes(24).toString('base64')}`);
  return {
    name, scheme: 'standard', secret, another,
    make(after) {
      const id = `msg_${crypto.randomUUID()}`, payload = body();
      const signature = new Webhook(secret).sign(id, new Date(seconds(after) * 1000), payload);
      const headers = { id, timestamp: String(seconds(after)), signature };
      return { body: payload, headers: Object.fromEntries(Object.entries(headers).map(([key, value]) => [prefix + key, value])) };
    },
    accepts: (request, key) => holds(() => void new Webhook(key).verify(request.body, request.headers)),
  };
}

function twilioForm(algorithm) {
  return {
    name: `twilio, ${algorithm}`, scheme: 'twilio', secret: SECRET,
    make() {
      const values = form(), url = 'https://example.com/a%20b/?q=%2B+%C3%BC&empty=';
      const headers = { 'X-Twilio-Signature': twilio.getExpectedTwilioSignature(SECRET, url, values, algorithm) };
      if (algorithm !== 'HMAC_SHA1') headers['X-Twilio-Webhooks-Signature-Settings'] = `key=k1,algorithm=${algorithm}`;
      return { body: querystring.stringify(values), headers, url };
    },
    accepts: (request, key) => holds(() => twilio.validateRequest(
      key, request.headers['X-Twilio-Signature'], request.url, querystring.parse(request.body), algorithm)),
  };
}

const twilioJson = {
  name: 'twilio, JSON', scheme: 'twilio', secret: SECRET,
  make() {
    const payload = body();
    const url = `https://example.com/x?bodySHA256=${crypto.createHash('sha256').update(payload).digest('hex')}`;
    return { body: payload, url, headers: { 'X-Twilio-Signature': twilio.getExpectedTwilioSignature(SECRET, url, {}) } };
  },
  accepts: (request, key) => holds(() => twilio.validateRequestWithBody(
    key, request.headers['X-Twilio-Signature'], request.url, request.body)),
};

const stripe = {
  name: 'stripe', scheme: 'stripe', secret: SECRET,
  make(after) {
    const payload = body();
    const header = Stripe.webhooks.generateTestHeaderString({ payload, secret: SECRET, timestamp: seconds(after) });
    return { body: payload, headers: { 'Stripe-Signature': header } };
  },
  accepts: (request, key) => holds(() => void Stripe.webhooks.constructEvent(
    request.body, request.headers['Stripe-Signature'], key)),
};

const ed25519 = crypto.generateKeyPairSync('ed25519');
const rawPublicKey = (key) => key.export({ type: 'spki', format: 'der' }).subarray(-32).toString('base64');
const telnyx = {
  name: 'telnyx', scheme: 'telnyx', secret: rawPublicKey(ed25519.publicKey), isPublic: true,
  another: rawPublicKey(crypto.generateKeyPairSync('ed25519').publicKey),
  make(after) {
    const payload = body(), time = String(seconds(after));
    const signature = crypto.sign(null, Buffer.from(`${time}|${payload}`), ed25519.privateKey).toString('base64');
    return { body: payload, headers: { 'telnyx-signature-ed25519': signature, 'telnyx-timestamp': time } };
  },
  accepts: (request, key) => holds(async () => void await new Telnyx({ apiKey: 'unused', publicKey: key })
    .webhooks.unwrap(request.body, { headers: request.headers })),
};

const base64url = (value) => Buffer.from(value).toString('base64url');
// The package looks at the token alone, not at the body that it names.
const vonage = {
  name: 'vonage-jwt', scheme: 'vonage-jwt', secret: SECRET, ignores: ['body'],
  make(after) {
    const payload = body();
    const claims = { iat: seconds(after), exp: seconds(after) + 60, jti: crypto.randomUUID(), iss: 'Vonage',
      payload_hash: crypto.createHash('sha256').update(payload).digest('hex') };
    const signed = `${base64url('{"alg":"HS256","typ":"JWT"}')}.${base64url(JSON.stringify(claims))}`;
    const token = `${signed}.${hmac('sha256', SECRET, signed).digest('base64url')}`;
    return { body: payload, headers: { Authorization: `Bearer ${token}` } };
  },
  accepts: (request, key) => holds(() => verifySignature(request.headers.Authorization.slice(7), key)),
};

// A token of the package's own making, for Vonage's API: of another algorithm, so no webhook's.
function tokenOfAnotherKind() {
  const { privateKey } = crypto.generateKeyPairSync('rsa', { modulusLength: 2048 });
  const payload = body();
  const token = tokenGenerate(crypto.randomUUID(), privateKey.export({ type: 'pkcs8', format: 'pem' }));
  return { body: payload, headers: { Authorization: `Bearer ${token}` } };
}

const plivoV2 = {
  name: 'plivo-v2', scheme: 'plivo-v2', secret: SECRET, ignores: ['body'],
  make() {
    const nonce = crypto.randomUUID(), url = 'https://example.com/x/y';
    const signature = hmac('sha256', SECRET, url + nonce).digest('base64');
    return { body: querystring.stringify(form()), url, headers: { 'X-Plivo-Signature-V2': signature, 'X-Plivo-Signature-V2-Nonce': nonce } };
  },
  accepts: (request, key) => holds(() => plivo.validateSignature(
    request.url, request.headers['X-Plivo-Signature-V2-Nonce'], request.headers['X-Plivo-Signature-V2'], key)),
};

const plivoV3 = {
  name: 'plivo-v3', scheme: 'plivo-v3', secret: SECRET,
  make() {
    const nonce = crypto.randomUUID(), url = 'https://example.com/x/y?b=1&a=2', values = { From: '14155550123', Text: 'hello', Uuid: nonce };
    const sorted = Object.keys(values).sort().map((key) => key + values[key]).join('');
    const signature = hmac('sha256', SECRET, `https://example.com/x/y?a=2&b=1.${sorted}.${nonce}`).digest('base64');
    return { body: querystring.stringify(values), url,
      headers: { 'X-Plivo-Signature-V3': signature, 'X-Plivo-Signature-V3-Nonce': nonce } };
  },
  accepts: (request, key) => holds(() => plivo.validateV3Signature('POST', request.url,
    request.headers['X-Plivo-Signature-V3-Nonce'], key, request.headers['X-Plivo-Signature-V3'], { ...querystring.parse(request.body) })),
};

const peers = [
  standard('standardwebhooks', standardwebhooks.Webhook, 'webhook-'), standard('svix', svix.Webhook, 'svix-'),
  twilioForm('HMAC_SHA1'), twilioForm('HMAC_SHA256'), twilioJson, stripe, telnyx, vonage, plivoV2, plivoV3,
];
module.exports = { peers, vonage, stripe, tokenOfAnotherKind };
