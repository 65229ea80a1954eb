import { RustBench } from '../../../harness/rust-bench.ts';

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

/** The Rust benchmark as a server (crates/core/benches/reset/grid/server.rs). */
export class RustServer {
  readonly #bench: RustBench;

  constructor(binary: string) {
    this.#bench = new RustBench(binary);
  }

  async begin(cellOrder: string): Promise<void> {
    await this.#bench.ask(cellOrder);
  }

  async check(subject: string): Promise<void> {
    await this.#bench.ask(`check ${subject}`);
  }

  async burst(subject: string, cycles: number): Promise<Burst> {
    return JSON.parse(await this.#bench.ask(`burst ${subject} ${cycles}`)) as Burst;
  }

  async sixteenViews(mebibytes: number, dirtyPages: number): Promise<ViewsMemory> {
    return JSON.parse(await this.#bench.ask(`sixteen-views ${mebibytes} ${dirtyPages}`)) as ViewsMemory;
  }

  close(): void {
    this.#bench.close();
  }
}
