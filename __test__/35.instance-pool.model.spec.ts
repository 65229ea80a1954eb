// A pool against a naive one: a number of guests, a queue, and nothing else.
import { PagefoldError } from 'pagefold';
import type { InstanceLease, InstancePool } from 'pagefold/wasm';

import test from '#test';

import { accounted, pooled, pooledTestGuest, until, type PooledTestGuest } from './helpers/pooled.ts';
import { seeded } from './helpers/random.ts';

const STEPS = 6000;
const SIZE_MAX = 4;
const WAITERS_MAX = 12;

type Lease = InstanceLease<PooledTestGuest>;

interface Visitor {
  readonly name: number;
  readonly controller: AbortController;
  /** What became of it: a lease, or the code of an error. */
  lease: Lease | undefined;
  code: string | undefined;
  /** Ends the work of a run, if it is one. */
  end: ((how: 'well' | 'badly' | 'trap') => void) | undefined;
}

/** What the pool ought to be. */
class Model {
  guests = 1;
  readonly queue: number[] = [];
  readonly holders = new Set<number>();
  size: number;
  closed = false;
  readonly #fillsAhead: boolean;
  /** Everybody who was served, in this order. */
  readonly served: number[] = [];

  constructor(size: number, fillsAhead: boolean) {
    this.size = size;
    this.#fillsAhead = fillsAhead;
    this.settle();
  }

  get free(): number {
    return this.guests - this.holders.size;
  }

  acquire(name: number): void {
    this.queue.push(name);
    this.settle();
  }

  leave(name: number): void {
    this.queue.splice(this.queue.indexOf(name), 1);
  }

  give(name: number, broken: boolean): void {
    this.holders.delete(name);
    if (broken || this.closed || this.guests > this.size) this.guests -= 1;
    this.settle();
  }

  resize(size: number): void {
    this.size = size;
    this.guests -= Math.min(this.free, Math.max(0, this.guests - size));
    this.settle();
  }

  close(): void {
    this.closed = true;
    this.queue.length = 0;
    this.guests = this.holders.size;
  }

  settle(): void {
    if (this.closed) return;
    for (;;) {
      const [next] = this.queue;
      if (next !== undefined && this.free > 0) {
        this.queue.shift();
        this.holders.add(next);
        this.served.push(next);
      } else if (this.guests < this.size && (this.#fillsAhead || next !== undefined)) {
        this.guests += 1;
      } else {
        return;
      }
    }
  }
}

function ascending(names: readonly number[]): string {
  return names.toSorted((one, other) => one - other).join();
}

/** A pool, those who have to do with it, and the model. */
class Hotel {
  readonly pool: InstancePool<PooledTestGuest>;
  readonly model: Model;
  readonly visitors = new Map<number, Visitor>();
  readonly served: number[] = [];
  /** Guests that somebody has. */
  readonly taken = new Set<number>();
  #names = 0;

  constructor(pool: InstancePool<PooledTestGuest>, model: Model) {
    this.pool = pool;
    this.model = model;
  }

  arrive(kind: 'acquire' | 'run' | 'in a hurry'): Visitor {
    const visitor = this.#visitor();
    const { signal } = visitor.controller;
    const failed = (error: unknown): void => {
      visitor.code = error instanceof PagefoldError ? error.code : String(error);
    };
    this.model.acquire(visitor.name);
    if (kind === 'run') {
      const work = (_: PooledTestGuest, lease: Lease): Promise<void> =>
        new Promise((resolve, reject) => {
          this.#serve(visitor, lease);
          visitor.end = (how) => {
            if (how === 'well') resolve();
            else reject(how === 'trap' ? new WebAssembly.RuntimeError('made up') : new Error('ordinary'));
          };
        });
      this.pool.run(work, { signal }).catch(failed);
    } else {
      const options = kind === 'acquire' ? { signal } : { signal, timeoutMs: 0 };
      this.pool.acquire(options).then((lease) => this.#serve(visitor, lease), failed);
    }
    return visitor;
  }

  tryAcquire(): void {
    const lease = this.pool.tryAcquire();
    const isThere = this.model.queue.length === 0 && this.model.free > 0;
    if ((lease !== undefined) !== isThere) throw new Error(`tryAcquire: ${String(isThere)} was due`);
    if (lease === undefined) return;
    const visitor = this.#visitor();
    this.model.acquire(visitor.name);
    this.#serve(visitor, lease);
  }

  leave(visitor: Visitor, broken: boolean): void {
    const { lease, end } = visitor;
    if (lease === undefined) throw new Error('nobody who has no lease is asked to leave');
    this.taken.delete(lease.guest.number);
    this.visitors.delete(visitor.name);
    if (end !== undefined) end(broken ? 'trap' : visitor.name % 2 === 0 ? 'well' : 'badly');
    else if (broken) lease.discard();
    else lease.release();
    this.model.give(visitor.name, broken);
  }

  abort(visitor: Visitor): void {
    visitor.controller.abort();
    this.model.leave(visitor.name);
  }

  /** Waits until nothing is on the way, and compares. */
  async check(): Promise<void> {
    do {
      await new Promise((resolve) => setImmediate(resolve));
    } while (this.pool.stats().rebuilding > 0 || this.pool.stats().cleaning > 0);
    for (const [name, { code }] of this.visitors) {
      if (code === undefined) continue;
      if (code === 'ERR_PAGEFOLD_POOL_TIMEOUT') this.model.leave(name);
      else if (code !== 'ERR_PAGEFOLD_ABORTED' && code !== 'ERR_PAGEFOLD_POOL_CLOSED') throw new Error(code);
      this.visitors.delete(name);
    }
    const { idle, inUse, waiting, size } = this.pool.stats();
    const { free, holders, queue } = this.model;
    const [seen, due] = [
      [idle, inUse, waiting, size, this.taken.size],
      [free, holders.size, queue.length, this.model.size, holders.size],
    ].map((numbers) => numbers.join());
    if (seen !== due) throw new Error(`idle, in use, waiting, size, taken: ${seen} instead of ${due}`);
    if (!accounted(this.pool)) throw new Error(`guests are missing: ${JSON.stringify(this.pool.stats())}`);
    // Within one step a run is told sooner than an acquire; who had to be served, and who was left, is a matter of the order.
    if (ascending(this.served) !== ascending(this.model.served)) {
      throw new Error(`served ${this.served.join()} instead of ${this.model.served.join()}`);
    }
    this.served.length = 0;
    this.model.served.length = 0;
  }

  #visitor(): Visitor {
    const visitor: Visitor = {
      name: this.#names,
      controller: new AbortController(),
      lease: undefined,
      code: undefined,
      end: undefined,
    };
    this.#names += 1;
    this.visitors.set(visitor.name, visitor);
    return visitor;
  }

  /** Looks whether the guest is clean, and makes it dirty. */
  #serve(visitor: Visitor, lease: Lease): void {
    const { guest } = lease;
    if (this.taken.has(guest.number)) throw new Error(`guest ${guest.number} is given out twice`);
    this.taken.add(guest.number);
    this.served.push(visitor.name);
    visitor.lease = lease;
    const place = (visitor.name * 4099) % 200_000;
    const traces = [guest.load(place), guest.load(8), guest.count.value, guest.table.get(1)];
    if (traces.some((trace) => trace !== 0 && trace !== null)) throw new Error(`not clean: ${traces.join()}`);
    guest.store(place, 1);
    guest.store((place + 4099) % 200_000, 1);
    guest.store(8, 1);
    guest.tick();
  }
}

for (const cleaner of ['release', 'background'] as const) {
  for (const fill of ['background', 'demand'] as const) {
    test(`cleaned in ${cleaner}, filled by ${fill}: ${STEPS} random steps and a naive pool agree`, async (t) => {
      t.timeout(240_000);
      const random = seeded(t);
      let hotel: Hotel | undefined;
      const create = pooledTestGuest;
      for (let step = 0; step < STEPS; step++) {
        if (hotel === undefined) {
          const size = 1 + random.below(SIZE_MAX);
          hotel = new Hotel(await pooled({ size, cleaner, fill, create }), new Model(size, fill === 'background'));
          await hotel.check();
        }
        const { visitors, model, pool }: Hotel = hotel;
        const all = [...visitors.values()];
        const waiting = all.filter(({ name }) => model.queue.includes(name));
        const guests = all.filter(({ lease }) => lease !== undefined);
        const dice = random.below(100);
        if (dice < 8) hotel.tryAcquire();
        else if (dice < 16 && waiting.length > 0) hotel.abort(waiting[random.below(waiting.length)] as Visitor);
        else if (dice < 20) {
          const size = 1 + random.below(SIZE_MAX);
          pool.resize(size);
          model.resize(size);
        } else if (dice < 21) {
          void pool.close();
          model.close();
          for (const visitor of guests) hotel.leave(visitor, random.below(2) === 0);
          await hotel.check();
          hotel = undefined;
          continue;
        } else if (dice < 28 && (model.guests >= model.size || model.free > 0)) {
          const visitor = hotel.arrive('in a hurry');
          await until(() => visitor.lease !== undefined || visitor.code !== undefined);
          await hotel.check();
          continue;
        }
        // What may follow without a pause in between. A guest that is made because somebody waits is made even if another
        // one becomes free meanwhile: so one thing at a time there.
        for (let more = fill === 'demand' ? Number(dice >= 28) : random.below(4); more > 0; more--) {
          const at = guests.length === 0 ? undefined : random.below(guests.length);
          if (at !== undefined && random.below(2) === 0) {
            hotel.leave(guests.splice(at, 1)[0] as Visitor, random.below(8) === 0);
          } else if (model.queue.length < WAITERS_MAX) {
            hotel.arrive(random.below(3) === 0 ? 'run' : 'acquire');
          }
        }
        await hotel.check();
      }
      await hotel?.pool.close();
      t.pass();
    });
  }
}
