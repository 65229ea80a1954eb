import {
  PagefoldError,
  PagePool,
  Region,
  Snapshot,
  type ErrorCode,
  type MemoryView,
  type PageLease,
  type TrackerKind,
} from 'pagefold';

import { equalBytes, PAGE } from './pages.ts';
import type { Random } from './random.ts';

/** A lease that somebody has, beside what its slot ought to hold. */
interface Held {
  readonly lease: PageLease;
  /** What the slot holds, once it was looked at. */
  contents: Uint8Array | undefined;
  /** Whether pages of a region are mapped there, to which all who have them write. */
  isMapped: boolean;
}

/** Somebody who waits. */
interface Waiting {
  readonly controller: AbortController | undefined;
  readonly hasLimit: boolean;
  /** What the model says came of it. */
  expected: 'waits' | 'lease' | ErrorCode;
  /** What really came of it. */
  outcome: PageLease | ErrorCode | undefined;
}

/** What has been done, for whoever reads the log. */
export type Tally = Record<string, number>;

const SLOTS_MAX = 6;
const SLOT_PAGES = 3;
const SLOT_BYTES = SLOT_PAGES * PAGE;

/**
 * A pool beside a plain model of it: who has which slot, who waits, and what every slot holds. Every step runs on both; that
 * a count, an outcome or a byte differs is an error.
 */
export class PoolWorld {
  readonly tally: Tally = {};
  readonly #random: Random;
  readonly #tracker: TrackerKind;
  #snapshot: Snapshot;
  /** What a clean slot holds. */
  #image: Uint8Array;
  #other: Snapshot;
  #region = Region.allocate(2 * PAGE, { mappable: true });
  #pool: PagePool;
  #held: Held[] = [];
  #queue: Waiting[] = [];
  /** Whose wait has ended, and who are to be compared with what the model says. */
  #ended: Waiting[] = [];
  #acquired = 0;
  #timeouts = 0;
  #aborted = 0;
  #salt = 0;

  constructor(tracker: TrackerKind, random: Random) {
    this.#tracker = tracker;
    this.#random = random;
    this.#image = new Uint8Array(SLOT_BYTES);
    for (let index = 0; index < SLOT_BYTES; index += 61) this.#image[index] = 1 + (index % 251);
    this.#snapshot = Snapshot.capture(this.#image);
    this.#other = Snapshot.capture(new Uint8Array(SLOT_BYTES).fill(0xee));
    this.#pool = this.#makePool();
  }

  /** One step. Some need a turn of the event loop. */
  step(): void | Promise<void> {
    const die = this.#random.below(10_000);
    if (die < 3000) return this.#tryAcquire();
    if (die < 5200) return this.#acquire();
    if (die < 8600) return this.#release();
    if (die < 9200) return this.#write();
    if (die < 9400) return this.#useView();
    if (die < 9700) return this.#abort();
    if (die < 9850) return this.#resize();
    if (die < 9880) return this.#trim();
    if (die < 9990) return this.#turn();
    if (die < 9997) return this.#misuse();
    if (die < 9999) return this.#writeSnapshot();
    return this.#close();
  }

  /** Lets go of everything. */
  async end(): Promise<void> {
    await this.#close();
    this.#pool.close();
    for (const each of [this.#snapshot, this.#other, this.#region]) each.dispose();
  }

  #count(what: string): void {
    this.tally[what] = (this.tally[what] ?? 0) + 1;
  }

  #makePool(): PagePool {
    const random = this.#random;
    this.#acquired = this.#timeouts = this.#aborted = 0;
    return PagePool.create({
      slots: 1 + random.below(4),
      maxSlots: SLOTS_MAX,
      slotByteLength: SLOT_BYTES,
      snapshot: this.#snapshot,
      guardByteLength: random.pick([0, 0, PAGE, 2 * PAGE]),
      cleaner: random.pick(['release', 'background']),
      idleByteLength: random.chance(0.5) ? undefined : random.below(2) * 3 * PAGE,
      residentByteLength: random.chance(0.7) ? undefined : PAGE,
      tracker: this.#tracker,
      verify: random.pick(['never', 'sample']),
    });
  }

  #tryAcquire(): void {
    const lease = this.#pool.tryAcquire(this.#random.chance(0.3) ? { affinity: this.#random.below(4) } : undefined);
    const isFull = this.#held.length >= this.#pool.slots;
    if ((lease === undefined) !== isFull) throw new Error(`tryAcquire() with ${this.#held.length} slots in use`);
    this.#count(lease === undefined ? 'refused' : 'taken');
    if (lease !== undefined) this.#given(lease);
    this.#check();
  }

  async #acquire(): Promise<void> {
    const random = this.#random;
    if (this.#queue.length >= 4 * SLOTS_MAX) return;
    const controller = random.chance(0.4) ? new AbortController() : undefined;
    const hasLimit = random.chance(0.3);
    const isFull = this.#held.length >= this.#pool.slots;
    const waiting: Waiting = { controller, hasLimit, expected: isFull ? 'waits' : 'lease', outcome: undefined };
    this.#queue.push(waiting);
    this.#pool
      .acquire({
        signal: controller?.signal,
        timeoutMs: hasLimit ? random.below(3) : undefined,
        affinity: random.chance(0.3) ? `guest ${random.below(3)}` : undefined,
      })
      .then(
        (lease) => this.#settled(waiting, lease),
        (error: unknown) => this.#settled(waiting, codeOf(error)),
      );
    this.#count(isFull ? 'waited' : 'acquired');
    if (!isFull) await this.#settle();
    this.#check();
  }

  /** Whoever is served is served in this very order. */
  #settled(waiting: Waiting, outcome: PageLease | ErrorCode): void {
    waiting.outcome = outcome;
    this.#ended.push(waiting);
  }

  async #release(): Promise<void> {
    const held = this.#held[this.#random.below(Math.max(1, this.#held.length))];
    if (held === undefined) return;
    this.#checkContents(held);
    this.#held.splice(this.#held.indexOf(held), 1);
    const { lease } = held;
    if (this.#random.chance(0.5)) lease.release();
    else lease[Symbol.dispose]();
    this.#count('released');
    refuse('ERR_PAGEFOLD_LEASE_LOST', () => lease.release());
    refuse('ERR_PAGEFOLD_LEASE_LOST', () => lease.bytes);
    if (this.#expectService()) await this.#settle();
    this.#check();
  }

  /** Who must have been given something by now; whether there is anybody. */
  #expectService(): boolean {
    let free = this.#pool.slots - this.#held.length;
    for (const waiting of this.#queue) {
      if (free <= 0) break;
      if (waiting.expected !== 'waits') continue;
      waiting.expected = 'lease';
      free -= 1;
    }
    return this.#queue.some(({ expected }) => expected !== 'waits');
  }

  #write(): void {
    const held = this.#pick();
    if (held === undefined) return;
    this.#look(held);
    this.#salt += 1;
    for (let times = 1 + this.#random.below(3); times > 0; times -= 1) {
      const start = this.#random.below(SLOT_BYTES);
      const end = start + 1 + this.#random.below(2 * PAGE);
      held.lease.bytes.fill(this.#salt, start, end);
      held.contents?.fill(this.#salt, start, end);
    }
    this.#count('written');
    this.#check();
  }

  /** What a holder may do to the slot, and the pool has to undo. */
  #useView(): void {
    const held = this.#pick();
    if (held === undefined) return;
    const { view } = held.lease;
    this.#look(held);
    const page = this.#random.below(SLOT_PAGES);
    const works: readonly ((view: MemoryView) => unknown)[] = [
      () => view.snapshot(),
      () => view.restore(this.#other),
      () => view.discard(page * PAGE, PAGE),
      () => {
        view.map(this.#region, { byteOffset: 0 });
        held.isMapped = true;
      },
      () => view.reset(),
      () => view.dirty(),
      () => view.dirty({ rearm: true }),
      () => view.trim(),
      () => view.prefault(),
      () => view.dispose(),
      () => view.diff(),
    ];
    this.#region.bytes.fill(this.#salt);
    try {
      this.#random.pick(works)(view);
    } catch (error) {
      // The pool's snapshot may have gone on to another version since.
      if (codeOf(error) !== 'ERR_PAGEFOLD_STALE_VIEW') throw error;
    }
    if (!held.isMapped) held.contents = Uint8Array.from(held.lease.bytes);
    this.#count('viewed');
    this.#check();
  }

  async #abort(): Promise<void> {
    const waiting = this.#queue.find(({ controller }) => controller !== undefined && this.#random.chance(0.5));
    if (waiting === undefined) return;
    waiting.expected = 'ERR_PAGEFOLD_ABORTED';
    waiting.controller?.abort();
    this.#count('aborted');
    await this.#settle();
    // Once more, when it is over.
    waiting.controller?.abort();
    this.#check();
  }

  async #resize(): Promise<void> {
    const slots = 1 + this.#random.below(SLOTS_MAX);
    this.#pool.resize(slots);
    this.#count('resized');
    if (this.#expectService()) await this.#settle();
    this.#check();
  }

  #trim(): void {
    this.#pool.trim(this.#random.chance(0.5) ? undefined : this.#random.below(2) * PAGE);
    this.#count('trimmed');
    this.#check();
  }

  /** Timers run, and the pool cleans. */
  async #turn(): Promise<void> {
    await new Promise((resolve) => {
      if (this.#random.chance(0.1)) setTimeout(resolve, 1);
      else setImmediate(resolve);
    });
    this.#count('turns');
    for (const waiting of this.#ended) {
      if (waiting.hasLimit && waiting.outcome === 'ERR_PAGEFOLD_POOL_TIMEOUT') waiting.expected = waiting.outcome;
    }
    await this.#settle();
    this.#check();
  }

  #misuse(): void {
    const pool = this.#pool;
    refuse('ERR_PAGEFOLD_OUT_OF_RANGE', () => pool.resize(SLOTS_MAX + 1));
    refuse('ERR_PAGEFOLD_OUT_OF_RANGE', () => pool.trim(-1));
    refuse('ERR_PAGEFOLD_INVALID_ARGUMENT', () => pool.tryAcquire({ affinity: {} as unknown as string }));
    this.#check();
  }

  /** The snapshot goes on to another version, which whoever acquires a slot from now on finds there. */
  #writeSnapshot(): void {
    const at = this.#random.below(SLOT_BYTES - 100);
    const bytes = new Uint8Array(100).fill(this.#random.below(256));
    this.#snapshot.write(bytes, at);
    this.#image = Uint8Array.from(this.#image);
    this.#image.set(bytes, at);
    // Who has not looked yet sees what was there.
    for (const held of this.#held) held.contents ??= Uint8Array.from(held.lease.bytes);
    this.#count('versions');
  }

  async #close(): Promise<void> {
    const pool = this.#pool;
    if (this.#random.chance(0.5)) pool.close();
    else pool[Symbol.dispose]();
    for (const waiting of this.#queue) {
      if (waiting.expected === 'waits') waiting.expected = 'ERR_PAGEFOLD_POOL_CLOSED';
    }
    for (const { lease } of this.#held) {
      refuse('ERR_PAGEFOLD_LEASE_LOST', () => lease.bytes);
      refuse('ERR_PAGEFOLD_LEASE_LOST', () => lease.release());
      lease[Symbol.dispose]();
    }
    this.#held = [];
    await this.#settle();
    refuse('ERR_PAGEFOLD_POOL_CLOSED', () => pool.tryAcquire());
    refuse('ERR_PAGEFOLD_POOL_CLOSED', () => pool.stats());
    pool.close();
    this.#count('closed');
    this.#pool = this.#makePool();
    this.#check();
  }

  /** Lets promises be settled, and compares how with the model. */
  async #settle(): Promise<void> {
    for (let times = 0; times < 6; times += 1) await undefined;
    for (const waiting of this.#ended.splice(0)) {
      const { outcome, expected } = waiting;
      const first = this.#queue.find((other) => other.expected === 'lease');
      if (outcome !== undefined && typeof outcome !== 'string') {
        if (expected !== 'lease') throw new Error(`a lease was given where ${expected} was due`);
        if (first !== waiting) throw new Error('somebody was overtaken');
        this.#given(outcome);
      } else if (outcome !== expected) {
        throw new Error(`${outcome} where ${expected} was due`);
      }
      if (outcome === 'ERR_PAGEFOLD_POOL_TIMEOUT') {
        this.#timeouts += 1;
        this.#count('timeouts');
      }
      if (outcome === 'ERR_PAGEFOLD_ABORTED') this.#aborted += 1;
      this.#queue.splice(this.#queue.indexOf(waiting), 1);
    }
    const left = this.#queue.find(({ expected }) => expected !== 'waits');
    if (left !== undefined) throw new Error(`${left.expected} was due, and nothing came`);
  }

  #given(lease: PageLease): void {
    const other = this.#held.find((held) => held.lease.slot === lease.slot);
    if (other !== undefined) throw new Error(`slot ${lease.slot} has two holders`);
    if (lease.released || lease.slot >= SLOTS_MAX) throw new Error(`a lease of slot ${lease.slot} that is none`);
    this.#acquired += 1;
    const held: Held = { lease, contents: undefined, isMapped: false };
    this.#held.push(held);
    if (this.#random.chance(0.4)) this.#look(held);
  }

  /** The first look at a slot: it holds the image. */
  #look(held: Held): void {
    if (held.contents !== undefined) return;
    if (!equalBytes(held.lease.bytes, this.#image)) throw new Error(`slot ${held.lease.slot} was not clean`);
    held.contents = Uint8Array.from(this.#image);
  }

  /** Nobody else has written to the slot. */
  #checkContents({ lease, contents, isMapped }: Held): void {
    if (contents !== undefined && !isMapped && !equalBytes(lease.bytes, contents)) {
      throw new Error(`somebody else has written to slot ${lease.slot}`);
    }
  }

  #pick(): Held | undefined {
    return this.#held[this.#random.below(Math.max(1, this.#held.length))];
  }

  /** The counts add up, and are those of the model. */
  #check(): void {
    const stats = this.#pool.stats();
    const waiting = this.#queue.filter(({ expected }) => expected === 'waits').length;
    const { slots, retiring, unmapped, clean, inUse, unknown, acquired, released, timeouts, aborted } = stats;
    const isRight =
      slots + retiring === unmapped + clean + inUse + unknown &&
      slots === this.#pool.slots &&
      inUse === this.#held.length &&
      acquired === this.#acquired &&
      acquired - released === inUse &&
      stats.waiting === waiting &&
      timeouts === this.#timeouts &&
      aborted === this.#aborted &&
      stats.abandoned === 0 &&
      stats.failed === 0;
    if (isRight) return;
    const model = { held: this.#held.length, acquired: this.#acquired, waiting, timeouts: this.#timeouts };
    throw new Error(`counts differ: ${JSON.stringify({ stats, model })}`);
  }
}

function codeOf(error: unknown): ErrorCode {
  if (error instanceof PagefoldError) return error.code;
  throw error;
}

function refuse(code: ErrorCode, work: () => unknown): void {
  try {
    work();
  } catch (error) {
    if (codeOf(error) === code) return;
    throw error;
  }
  throw new Error(`${code} was due, and nothing was refused`);
}
