// npm run test:runtimes: the JavaScript suite on this Node.js and on every other runtime that npm has for this machine.
import './project-root.mjs';

import { printTable } from './check/table.mjs';
import { fetchRuntime } from './runtimes/fetch.mjs';
import { runtimes } from './runtimes/list.mjs';
import { runSuite } from './runtimes/suite.mjs';

const names = process.argv.slice(2);
const unknown = names.filter((name) => !runtimes.some((runtime) => runtime.name === name));
if (unknown.length > 0) {
  console.error(`no such runtime: ${unknown.join(', ')}; there are ${runtimes.map(({ name }) => name).join(' ')}`);
  process.exit(2);
}

const results = [];

for (const runtime of runtimes) {
  if (names.length > 0 && !names.includes(runtime.name)) continue;
  console.log(`\n━━ ${runtime.name}`);
  const result = await resultOn(runtime);
  if (result.detail !== '') console.log(result.detail);
  results.push([runtime.name, result.version, result.outcome, result.detail]);
}

const count = (outcome) => results.filter((row) => row[2] === outcome).length;
console.log();
printTable(['runtime', 'version', 'result', 'detail'], results);
console.log(`${count('passed')} passed, ${count('FAILED')} failed, ${count('skipped')} skipped`);
process.exitCode = count('FAILED') === 0 && count('passed') > 0 ? 0 : 1;

async function resultOn(runtime) {
  try {
    const { binary, reason } = await fetchRuntime(runtime);
    if (binary === undefined) return { version: '', outcome: 'skipped', detail: reason };
    return await runSuite(runtime, binary);
  } catch (error) {
    return { version: '', outcome: 'FAILED', detail: error.message };
  }
}
