// Prints what rate-limiter-flexible asks a PostgreSQL server: it is given a client that only listens.
//   node upsert.js PACKAGE TABLE
// writes one line of JSON: the statement that makes the table, and the one that a hit sends, each with its
// text and values.
'use strict';

const [, , packageDirectory, tableName] = process.argv;
const { RateLimiterPostgres } = require(packageDirectory);

const asked = [];
const storeClient = {
  query({ text, values }) {
    asked.push({ text, values });
    return Promise.resolve({ rows: [{ points: 1, expire: Date.now() }], rowCount: 1 });
  },
};

const options = { storeClient, storeType: 'client', tableName, keyPrefix: '', points: 1000000000, duration: 3600 };
const limiter = new RateLimiterPostgres(options, async (error) => {
  if (error) throw error;
  await limiter.consume('1');
  console.log(JSON.stringify({ create: asked[0], hit: asked[1] }));
});
