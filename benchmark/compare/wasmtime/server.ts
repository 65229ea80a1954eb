import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

import type { Readings } from '../../harness/case.ts';
import { WrongResult } from '../../harness/wrong-result.ts';
import type { Work } from './guest-model.ts';

export interface Place {
  readonly firstPage: number;
  readonly checksum: number;
}

/** src/wire.rs. */
export interface Order extends Work {
  readonly cycles: number;
  readonly places: readonly Place[];
  readonly compare: boolean;
}

type Answer = { readonly microseconds: Readings } | { readonly wrongResult: string };

/** The Rust program, serving one subject. */
export class Server {
  readonly #process: ChildProcessByStdio<Writable, Readable, null>;
  readonly #answers: AsyncIterator<string>;

  /** `args` as src/main.rs describes them. */
  constructor(binary: string, args: readonly string[]) {
    this.#process = spawn(binary, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#process.stdin.on('error', () => {
      // It has ended; the missing answer tells.
    });
    this.#answers = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]();
  }

  /** Has a burst run. @throws {WrongResult} */
  async run(order: Order): Promise<Readings> {
    this.#process.stdin.write(`${JSON.stringify(order)}\n`);
    const { value, done } = await this.#answers.next();
    if (done === true) {
      if (this.#process.exitCode === null && this.#process.signalCode === null) await once(this.#process, 'exit');
      const { exitCode, signalCode } = this.#process;
      throw new Error(`the Rust program ended: ${signalCode ?? `exit code ${exitCode}`}`);
    }
    const answer = JSON.parse(value) as Answer;
    if ('wrongResult' in answer) throw new WrongResult(answer.wrongResult);
    return answer.microseconds;
  }

  /** It ends when its input does. */
  end(): void {
    this.#process.stdin.end();
  }
}
