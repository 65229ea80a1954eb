import wabt from 'wabt';

/** Pages to copy from, and as many to copy to behind them: more than any cache holds. */
const PAGES = 32_768;
const PAGE_BYTES = 4096;
const LIST_BYTES = 65_536;

const SOURCE = `(module
  (memory (export "memory") ${(2 * PAGES * PAGE_BYTES + LIST_BYTES) / 65_536})
  (func (export "copy") (param $count i32) (local $at i32) (local $from i32)
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $at) (local.get $count)))
        (local.set $from (i32.load offset=${2 * PAGES * PAGE_BYTES} (i32.shl (local.get $at) (i32.const 2))))
        (memory.copy
          (i32.add (local.get $from) (i32.const ${PAGES * PAGE_BYTES})) (local.get $from) (i32.const ${PAGE_BYTES}))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $next)))))`;

/** Copies single pages that lie scattered, with nothing around the copies. */
export class PageCopier {
  readonly #bytes: Uint8Array;
  readonly #list: Uint32Array;
  readonly #copy: (count: number) => void;

  private constructor(memory: WebAssembly.Memory, copy: (count: number) => void) {
    this.#bytes = new Uint8Array(memory.buffer);
    this.#list = new Uint32Array(memory.buffer, 2 * PAGES * PAGE_BYTES, LIST_BYTES / Uint32Array.BYTES_PER_ELEMENT);
    this.#copy = copy;
    // Resident before anything is timed, and different from what is copied over it.
    this.#bytes.fill(1, 0, PAGES * PAGE_BYTES);
    this.#bytes.fill(2, PAGES * PAGE_BYTES, 2 * PAGES * PAGE_BYTES);
  }

  static async create(): Promise<PageCopier> {
    const parsed = (await wabt()).parseWat('page-copier.wat', SOURCE, { bulk_memory: true });
    const binary = Uint8Array.from(parsed.toBinary({}).buffer);
    const { instance } = await WebAssembly.instantiate(binary);
    const { memory, copy } = instance.exports;
    return new PageCopier(memory as WebAssembly.Memory, copy as (count: number) => void);
  }

  /** Chooses so many pages, by no rule that a prefetcher knows. */
  choose(count: number): void {
    for (let index = 0; index < count; index += 1) {
      this.#list[index] = Math.floor(Math.random() * PAGES) * PAGE_BYTES;
    }
    this.#list.fill(0, count);
  }

  /** Copies the chosen pages. */
  copy(count: number): void {
    this.#copy(count);
  }

  /** Whether the chosen pages were copied. */
  isCopied(count: number): boolean {
    return this.#list.subarray(0, count).every((offset) => this.#bytes[PAGES * PAGE_BYTES + offset] === 1);
  }
}
