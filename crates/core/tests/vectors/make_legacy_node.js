// Writes what the legacy Node.js application stored, with Node's own crypto:
//   node --no-deprecation make_legacy_node.js > legacy_node.json
// Needs a Node.js that still has crypto.createCipher (before 22).
'use strict';
const crypto = require('node:crypto');

const KEYS = [
  '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f',
  'F0E1D2C3B4A5968778695A4B3C2D1E0FF0E1D2C3B4A5968778695A4B3C2D1E0F',
  'your-secure-encryption-key-here-make-it-long-and-random',
];
const TEXTS = ['', '+61401148075', '+10401148075', '+12345678901234', '+123456789012345', 'Zoë, 日本 ☎, ext. 9'];

const ivOf = (number) => crypto.createHash('sha256').update(`iv ${number}`).digest().subarray(0, 16);
const stretch = (key) => crypto.pbkdf2Sync(key, 'phone-salt', 100000, 32, 'sha256');
const run = (cipher, text) => cipher.update(text, 'utf8', 'hex') + cipher.final('hex');

const SCHEMES = {
  cbc: (key, iv, text) => run(crypto.createCipheriv('aes-256-cbc', Buffer.from(key, 'hex'), iv), text),
  'cbc-pbkdf2': (key, iv, text) => run(crypto.createCipheriv('aes-256-cbc', stretch(key), iv), text),
  'node-evp': (key, iv, text) => run(crypto.createCipher('aes-256-cbc', stretch(key).toString('hex')), text),
};

const isHexKey = (key) => /^[0-9a-fA-F]{64}$/.test(key);
const vectors = [];
for (const key of KEYS) {
  for (const [scheme, encrypt] of Object.entries(SCHEMES)) {
    if (scheme === 'cbc' && !isHexKey(key)) continue;
    for (const text of TEXTS) {
      const iv = ivOf(vectors.length);
      vectors.push({ key, scheme, text, value: `${iv.toString('hex')}:${encrypt(key, iv, text)}` });
    }
  }
}
console.log('[\n' + vectors.map((vector) => '  ' + JSON.stringify(vector)).join(',\n') + '\n]');
