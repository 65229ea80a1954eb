import { spawn } from 'node:child_process';

/**
 * Runs a command with its output on the terminal, or with `capture` its standard output as the result.
 * Rejects when it cannot be started or does not end with code 0.
 */
export function runCommand({ run, args, env = {}, options = {} }, { capture = false } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(run, args, {
      stdio: ['ignore', capture ? 'pipe' : 'inherit', 'inherit'],
      env: { ...process.env, ...env },
      ...options,
    });
    const chunks = [];
    child.stdout?.on('data', (chunk) => chunks.push(chunk));
    child.on('error', reject);
    child.on('close', (code, signal) => {
      const output = Buffer.concat(chunks).toString();
      if (code === 0) return resolve(output);
      process.stdout.write(output);
      reject(new Error(`${[run, ...args].join(' ')} ended with ${signal ?? `code ${code}`}`));
    });
  });
}
