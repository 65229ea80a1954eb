import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { EXTENSION, PROJECT } from './project.ts';

/** How a process ended. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What a process is started with. */
export interface ChildOptions {
  readonly args?: readonly string[];
  /** `undefined` removes a variable. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Commands of a POSIX shell to run before it in the same process: `ulimit -n 20`. */
  readonly shell?: string;
}

const TIMEOUT_MS = 240_000;

/** Runs a program of __test__/programs on the runtime that runs the tests. */
export function runProgram(name: string, options: ChildOptions = {}): Promise<Ending> {
  return runScript(fileURLToPath(new URL(`../programs/${name}${EXTENSION}`, import.meta.url)), options);
}

/**
 * Runs a program and reads the JSON of its last line. Throws, with what it wrote, when it crashed, hung or failed.
 */
export async function outcomeOf(name: string, options: ChildOptions = {}): Promise<unknown> {
  const { code, signal, stdout, stderr } = await runProgram(name, options);
  if (code !== 0) throw new Error(`${name} ended with ${signal ?? `code ${code}`}\n${stdout}\n${stderr}`);
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');
}

/** Runs a script by its path. */
export function runScript(path: string, { args = [], env = {}, shell }: ChildOptions = {}): Promise<Ending> {
  const command = [process.execPath, ...runtimeArguments(), path, ...args];
  const [file, ...rest] = shell === undefined ? command : ['sh', '-c', `${shell} && exec "$@"`, 'sh', ...command];
  return new Promise((resolve, reject) => {
    const child = spawn(file ?? '', rest, {
      cwd: PROJECT,
      env: Object.fromEntries(Object.entries({ ...process.env, ...env }).filter(([, value]) => value !== undefined)),
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: TIMEOUT_MS,
      killSignal: 'SIGKILL',
    });
    const [stdout, stderr]: Buffer[][] = [[], []];
    child.stdout.on('data', (chunk: Buffer) => stdout?.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => stderr?.push(chunk));
    child.on('error', reject);
    child.on('close', (code, signal) => {
      resolve({ code, signal, stdout: text(stdout), stderr: text(stderr) });
    });
  });
}

/** The flags with which each runtime runs a program and lets it collect garbage. */
function runtimeArguments(): string[] {
  if ('deno' in process.versions) {
    return ['run', '--allow-all', '--no-lock', '--node-modules-dir=manual', '--v8-flags=--expose-gc'];
  }
  return ['--expose-gc'];
}

function text(chunks: readonly Buffer[] = []): string {
  return Buffer.concat(chunks).toString();
}
