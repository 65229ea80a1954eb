import { spawn } from 'node:child_process';

const QUIET_MS = 4_000;

/**
 * Runs a command whose output is of interest only when it is slow or fails: it is held back for four seconds and
 * then streamed to stderr. Rejects when the command does.
 */
export function quietCommand(command, args, { env = {}, shell = false } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env }, shell });
    let held = [];
    const stream = () => {
      for (const chunk of held ?? []) process.stderr.write(chunk);
      held = undefined;
    };
    const receive = (chunk) => (held === undefined ? process.stderr.write(chunk) : held.push(chunk));
    const timer = setTimeout(stream, QUIET_MS);

    child.stdout.on('data', receive);
    child.stderr.on('data', receive);
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      if (code === 0) return resolve();
      stream();
      reject(new CommandFailed(`${[command, ...args].join(' ')} ended with ${signal ?? `code ${code}`}`));
    });
  });
}

export class CommandFailed extends Error {}
