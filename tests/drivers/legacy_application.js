// What the legacy web application stored, made by Node.js's own crypto and by no code of this project.
// Reads {key, numbers} as JSON; prints, for each scheme that the key can be used with, each number's value and hash.
'use strict';
const crypto = require('node:crypto');
const fs = require('node:fs');

const { key, numbers } = JSON.parse(fs.readFileSync(0, 'utf8'));
const derived = crypto.pbkdf2Sync(key, 'phone-salt', 100000, 32, 'sha256');

function withIv(cipherKey, text) {
  const iv = crypto.randomBytes(16);
  const cipher = crypto.createCipheriv('aes-256-cbc', cipherKey, iv);
  return `${iv.toString('hex')}:${cipher.update(text, 'utf8', 'hex')}${cipher.final('hex')}`;
}

const schemes = {
  'cbc-pbkdf2': (text) => withIv(derived, text),
  // The IV is stored and never used: createCipher makes key and IV of the password alone.
  'node-evp': (text) => {
    const cipher = crypto.createCipher('aes-256-cbc', derived.toString('hex'));
    return `${crypto.randomBytes(16).toString('hex')}:${cipher.update(text, 'utf8', 'hex')}${cipher.final('hex')}`;
  },
};
if (/^[0-9a-f]{64}$/i.test(key)) {
  schemes.cbc = (text) => withIv(Buffer.from(key, 'hex'), text);
}

const rows = {};
for (const [scheme, encrypt] of Object.entries(schemes)) {
  rows[scheme] = numbers.map((number) => ({
    value: encrypt(number),
    hash: crypto.createHmac('sha256', key).update(number).digest('hex'),
  }));
}
process.stdout.write(JSON.stringify(rows));
