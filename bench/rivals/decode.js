// decode.js FILE: milliseconds for JSON.parse of the file.
const data = require("fs").readFileSync(process.argv[2]);
const decode = () => JSON.parse(data.toString("utf8"));
for (let i = 0; i < 20; i++) decode();
const began = process.hrtime.bigint();
let count = 0, spent = 0;
while (spent < 0.3) {
  decode();
  count++;
  spent = Number(process.hrtime.bigint() - began) / 1e9;
}
console.log((spent / count) * 1000);
