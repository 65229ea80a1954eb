import { PAGE_BYTES } from '../resident-heap.ts';
import type { Cell } from './cell.ts';

/** Dirty pages come in runs of so many. */
const RUN = 4;
const WORDS_PER_PAGE = PAGE_BYTES / Uint32Array.BYTES_PER_ELEMENT;

/**
 * The twin of crates/core/benches/reset/grid/guest.rs: reads a word of each resident page, then writes a word of each
 * dirty one, the same pages in the same cycles.
 */
export class Guest {
  readonly #cell: Cell;
  readonly #chance = new Chance();
  readonly #stable: readonly number[];
  readonly #others: number[];
  /** Where the words lie that the cycles ahead write, cycle by cycle. */
  #plan = new Uint32Array();
  #planned = 0;

  constructor(cell: Cell) {
    this.#cell = cell;
    const runs = Array.from({ length: Math.floor(cell.resident / RUN) }, (_, run) => run * RUN);
    this.#chance.draw(runs, runs.length);
    const stablePages = cell.dirty - Math.floor((cell.dirty * cell.randomPercent) / 100);
    this.#others = runs.splice(Math.ceil(stablePages / RUN));
    this.#stable = pages(runs, stablePages);
  }

  /** Decides which pages the next cycles write. */
  plan(cycles: number): void {
    const { dirty, randomPercent } = this.#cell;
    const randomUntil = (cycle: number): number => Math.floor((cycle * dirty * randomPercent) / 100);
    const plan: number[] = [];
    for (let cycle = this.#planned; cycle < this.#planned + cycles; cycle += 1) {
      const random = randomUntil(cycle + 1) - randomUntil(cycle);
      for (let index = 0; index < dirty - random; index += 1) plan.push(word(this.#stable[index] as number));
      this.#chance.draw(this.#others, Math.ceil(random / RUN));
      for (const page of pages(this.#others, random)) plan.push(word(page));
    }
    this.#plan = Uint32Array.from(plan);
    this.#planned += cycles;
  }

  /** One cycle of those planned. Returns what it read, so that reading cannot be left out. */
  run(cycle: number, memory: Uint32Array): number {
    const { resident, dirty } = this.#cell;
    let sum = 0;
    for (let page = 0; page < resident; page += 1) sum = (sum + (memory[word(page)] as number)) | 0;
    const plan = this.#plan;
    for (let index = cycle * dirty; index < (cycle + 1) * dirty; index += 1) memory[plan[index] as number] = 0;
    return sum;
  }

  /** Whether each word that the last planned cycle wrote shows it. */
  hasWritten(memory: Uint32Array): boolean {
    return this.#plan.subarray(-this.#cell.dirty).every((index) => memory[index] === 0);
  }
}

/** Marsaglia's xorshift of 32 bits. */
class Chance {
  #state = 0x9e3779b9;

  #below(bound: number): number {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return Math.floor(((this.#state >>> 0) * bound) / 2 ** 32);
  }

  /** Puts `count` items that were drawn from all of them first. */
  draw(items: number[], count: number): void {
    for (let index = 0; index < count; index += 1) {
      const drawn = index + this.#below(items.length - index);
      [items[index], items[drawn]] = [items[drawn] as number, items[index] as number];
    }
  }
}

/** The first `count` pages of these runs. */
function pages(runs: readonly number[], count: number): number[] {
  return Array.from({ length: count }, (_, index) => (runs[Math.floor(index / RUN)] as number) + (index % RUN));
}

/** Where in the memory the word of a page lies: not always in the same cache set. */
function word(page: number): number {
  return page * WORDS_PER_PAGE + (((page * 64) % PAGE_BYTES) >>> 2);
}
