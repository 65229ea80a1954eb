import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { WrongResult } from '../../harness/wrong-result.ts';
import type { Answer, Measurement, Order } from './measurement.ts';

const MEASURE = fileURLToPath(new URL('./measure.ts', import.meta.url));
const WRONG = /WrongResult: (.*)/;

/** Has a process measure. @throws {WrongResult} when what was sent did not make the memory that it should. */
export function ask(order: Order, secondsMax: number): Answer {
  const args = ['--expose-gc', '--import=tsx', MEASURE];
  const { status, signal, stdout, stderr, error } = spawnSync(process.execPath, args, {
    input: JSON.stringify(order),
    encoding: 'utf8',
    timeout: secondsMax * 1000,
    killSignal: 'SIGKILL',
  });
  if (error !== undefined && 'code' in error && error.code === 'ETIMEDOUT') {
    return { failure: `not done after ${secondsMax} s` };
  }
  if (error !== undefined) throw error;
  if (status === 0) return JSON.parse(stdout) as Measurement;
  const wrong = WRONG.exec(stderr)?.[1];
  if (wrong !== undefined) throw new WrongResult(`${order.way}, ${order.layout}: ${wrong}`);
  return { failure: failureIn(stderr) ?? `ended by ${signal ?? `exit code ${status}`}` };
}

function failureIn(complaint: string): string | undefined {
  return complaint.split('\n').find((line) => /^[A-Za-z]*Error\b|\bfatal\b|out of memory/i.test(line.trim()));
}
