import { spawn, spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';

import { packageBinary } from '../prepare/package-binary.mjs';

const FILE_TIMEOUT_MS = 600_000;

/** Runs the whole JavaScript suite on one runtime, its output on the terminal. */
export async function runSuite({ suite, args = [], env = {} }, binary) {
  const version = spawnSync(binary, ['--version'], { encoding: 'utf8' }).stdout.trim().split('\n')[0];
  const failed = suite === 'ava' ? await withAva(binary, env) : await fileByFile(binary, args, env);
  return { version, outcome: failed === '' ? 'passed' : 'FAILED', detail: failed };
}

/** ava starts its workers with the Node.js that runs it. */
async function withAva(binary, env) {
  return (await succeeds(binary, [packageBinary('ava')], env)) ? '' : 'ava failed';
}

/** Each spec is a program of its own, ended by __test__/helpers/harness.ts. */
async function fileByFile(binary, args, env) {
  const specs = readdirSync('__test__', { recursive: true }).filter((name) => name.endsWith('.spec.ts'));
  const failed = [];
  for (const spec of specs.toSorted()) {
    console.log(`# ${spec}`);
    if (!(await succeeds(binary, [...args, `__test__/${spec}`], env))) failed.push(spec);
  }
  if (specs.length === 0) return 'there is no spec';
  return failed.length === 0 ? '' : `${failed.length} of ${specs.length} files: ${failed.join(', ')}`;
}

function succeeds(binary, args, env) {
  return new Promise((resolve, reject) => {
    const child = spawn(binary, args, {
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, ...env },
      timeout: FILE_TIMEOUT_MS,
      killSignal: 'SIGKILL',
    });
    child.on('error', reject);
    child.on('close', (code) => resolve(code === 0));
  });
}
