import { execFileSync, spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { WrongResult } from './wrong-result.ts';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));

interface CargoMessage {
  readonly reason: string;
  readonly target?: { readonly name: string; readonly kind: readonly string[] };
  readonly executable?: string | null;
}

/**
 * Builds a benchmark of crates/core/benches if need be; the path of its binary. A quick run is for its checks: it has the crate
 * as the tests built it, with all assertions, which saves minutes.
 */
export function buildBench(bench: string, { quick }: { readonly quick: boolean }): string {
  const command = quick ? 'test' : 'bench';
  const messages = execFileSync(
    'cargo',
    [command, '--package=pagefold-core', `--bench=${bench}`, '--no-run', '--locked', '--message-format=json'],
    { cwd: PROJECT, encoding: 'utf8', maxBuffer: 2 ** 26, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  for (const line of messages.split('\n')) {
    const { reason, target, executable } = (line.startsWith('{') ? JSON.parse(line) : { reason: '' }) as CargoMessage;
    const wanted = reason === 'compiler-artifact' && target?.name === bench && target.kind.includes('bench');
    if (wanted && executable != null) return executable;
  }
  throw new Error(`cargo has built no benchmark named ${bench}`);
}

/** A Rust benchmark as a server: an order a line, an answer a line. */
export class RustBench {
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #answers: AsyncIterator<string>;
  #complaint = '';

  constructor(binary: string) {
    this.#process = spawn(binary, ['--serve']);
    this.#process.stderr.setEncoding('utf8').on('data', (text: string) => (this.#complaint += text));
    this.#answers = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]();
  }

  /** @throws {WrongResult} with its complaint, when it has ended. */
  async ask(order: string): Promise<string> {
    this.#process.stdin.write(`${order}\n`);
    const { done, value } = await this.#answers.next();
    if (done === true) throw new WrongResult(this.#complaint.trim() || `the Rust benchmark ended at '${order}'`);
    return value;
  }

  close(): void {
    this.#process.stdin.end();
  }
}
