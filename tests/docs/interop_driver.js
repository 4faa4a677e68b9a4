// Answers questions with the Node.js code of docs/interop.md: a JSON object a line in, one a line out.
// Its argument is a file with that code.
'use strict';
const fs = require('node:fs');
const readline = require('node:readline');

const code = fs.readFileSync(process.argv[2], 'utf8');
const functions = new Function('require', `${code}; return { decrypt, encrypt, hash };`)(require);

readline.createInterface({ input: process.stdin }).on('line', (line) => {
  const question = JSON.parse(line);
  let answer;
  try {
    answer = { answer: functions[question.function](...question.arguments) };
  } catch (error) {
    answer = { error: String(error.message) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
});
