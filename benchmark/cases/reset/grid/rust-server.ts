import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { createInterface } from 'node:readline';

import { WrongResult } from '../../../harness/wrong-result.ts';

/** What a burst took and what the kernel counted meanwhile, all of it a cycle. */
export interface Burst {
  readonly guest: number;
  readonly reset: number;
  readonly faults: number;
  readonly shootdowns: number;
}

/** What views of one image take, in bytes. */
export interface ViewsMemory {
  readonly views: number;
  readonly image: number;
  readonly dirty: number;
  readonly resident: number;
}

/** The Rust benchmark as a server (crates/core/benches/reset/grid/server.rs): an order a line, an answer a line. */
export class RustServer {
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #answers: AsyncIterator<string>;
  #complaint = '';

  constructor(binary: string) {
    this.#process = spawn(binary, ['--serve']);
    this.#process.stderr.setEncoding('utf8').on('data', (text: string) => (this.#complaint += text));
    this.#answers = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]();
  }

  async begin(cellOrder: string): Promise<void> {
    await this.#ask(cellOrder);
  }

  async check(subject: string): Promise<void> {
    await this.#ask(`check ${subject}`);
  }

  async burst(subject: string, cycles: number): Promise<Burst> {
    return JSON.parse(await this.#ask(`burst ${subject} ${cycles}`)) as Burst;
  }

  async sixteenViews(mebibytes: number, dirtyPages: number): Promise<ViewsMemory> {
    return JSON.parse(await this.#ask(`sixteen-views ${mebibytes} ${dirtyPages}`)) as ViewsMemory;
  }

  close(): void {
    this.#process.stdin.end();
  }

  async #ask(order: string): Promise<string> {
    this.#process.stdin.write(`${order}\n`);
    const { done, value } = await this.#answers.next();
    if (done === true) throw new WrongResult(this.#complaint.trim() || `the Rust benchmark ended at '${order}'`);
    return value;
  }
}
