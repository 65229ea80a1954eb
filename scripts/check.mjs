// npm test: every check, or those named on the command line, one after another. Ends with one plain line of counts.
import './project-root.mjs';

import { checks } from './check/list.mjs';
import { runCommand } from './check/run-command.mjs';
import { printTable } from './check/table.mjs';

const names = process.argv.slice(2);
const unknown = names.filter((name) => !checks.some((check) => check.name === name));
if (unknown.length > 0) {
  console.error(`no such check: ${unknown.join(', ')}`);
  console.error(`the checks are: ${checks.map(({ name }) => name).join(' ')}`);
  process.exit(2);
}

const results = [];
for (const check of checks) {
  if (names.length > 0 && !names.includes(check.name)) continue;
  console.log(`\n━━ ${check.name}: ${check.proves}`);
  const start = performance.now();
  const problem = await problemOf(check);
  if (problem !== undefined) console.log(`✘ ${check.name}: ${problem}`);
  results.push({ check, problem, seconds: (performance.now() - start) / 1000 });
}

const failed = results.filter(({ problem }) => problem !== undefined).length;
console.log();
printTable(
  ['check', 'result', 'time', 'proves'],
  results.map(({ check, problem, seconds }) => [
    check.name,
    problem === undefined ? 'passed' : 'FAILED',
    `${seconds.toFixed(1)} s`,
    check.proves,
  ]),
);
console.log(`${results.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

/** What is wrong, in a line, or undefined. */
async function problemOf({ command, inspect }) {
  try {
    const output = command && (await runCommand(command, { capture: inspect !== undefined }));
    await inspect?.(output);
  } catch (error) {
    return error.message;
  }
}
