// Installs and builds what is missing or out of date, and nothing else. Every command of package.json starts with it, those that
// run tests with the argument `tests`.
import './project-root.mjs';

import { mkdirSync } from 'node:fs';

import { addon } from './prepare/addon.mjs';
import { dependencies } from './prepare/dependencies.mjs';
import { withLock } from './prepare/lock.mjs';
import { CommandFailed } from './prepare/quiet-command.mjs';
import { missingRequirements } from './prepare/requirements.mjs';
import { isStamped, removeStamp, writeStamp } from './prepare/stamp.mjs';
import { tests } from './prepare/tests.mjs';
import { typescript } from './prepare/typescript.mjs';

const STEPS = [dependencies, addon, typescript, ...(process.argv[2] === 'tests' ? [tests] : [])];

const missing = missingRequirements();
if (missing.length > 0) {
  for (const line of missing) say(line);
  process.exit(1);
}

if (!STEPS.every((step) => isStamped(step, step.inputs()))) {
  mkdirSync('build', { recursive: true });
  await withLock('build/prepare.lock', sayWhoIsWaitedFor, prepare).catch(stop);
}

async function prepare() {
  for (const [index, step] of STEPS.entries()) {
    const inputs = step.inputs();
    if (isStamped(step, inputs)) continue;
    say(`[${index + 1}/${STEPS.length}] ${step.title} …`);
    const start = performance.now();
    removeStamp(step);
    await step.run();
    writeStamp(step, inputs);
    say(`[${index + 1}/${STEPS.length}] ${step.title}: ${((performance.now() - start) / 1000).toFixed(1)} s`);
  }
}

function stop(error) {
  if (!(error instanceof CommandFailed)) throw error;
  say(error.message);
  process.exit(1);
}

function sayWhoIsWaitedFor(pid) {
  say(`waiting for process ${pid}, which is building the same tree`);
}

/** Progress goes to stderr: what a command prints to stdout may be JSON. */
function say(line) {
  process.stderr.write(`pagefold: ${line}\n`);
}
