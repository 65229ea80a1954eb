import { InstancePool, type InstancePoolOptions } from 'pagefold/wasm';

import { compiled, type Guest } from './guest.ts';

/**
 * A guest with all that can be written to: memory, a global, a table, and calls that go wrong.
 */
export interface PooledTestGuest extends Pick<Guest, 'memory' | 'store' | 'load' | 'fill' | 'grow' | 'trap'> {
  readonly instance: WebAssembly.Instance;
  readonly count: WebAssembly.Global<'i32'>;
  readonly table: WebAssembly.Table;
  readonly tick: () => number;
  readonly growTable: (entries: number) => number;
  readonly overflow: () => void;
  readonly loop: () => void;
  /** Counts from 1: which of all guests it is. */
  readonly number: number;
}

const TEXT = `(module
  (memory (export "memory") 4 64)
  (global $count (export "count") (mut i32) (i32.const 0))
  (table $table (export "table") 2 20 funcref)
  (data (i32.const 70000) "as it was")
  (func $tick (export "tick") (result i32)
    (global.set $count (i32.add (global.get $count) (i32.const 1)))
    (table.set $table (i32.const 1) (ref.func $tick))
    (global.get $count))
  (func (export "growTable") (param i32) (result i32) (table.grow $table (ref.null func) (local.get 0)))
  (func (export "store") (param i32 i32) (i32.store8 (local.get 0) (local.get 1)))
  (func (export "load") (param i32) (result i32) (i32.load8_u (local.get 0)))
  (func (export "fill") (param i32 i32 i32) (memory.fill (local.get 0) (local.get 1) (local.get 2)))
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "trap") (param i32 i32) (i32.store8 (local.get 0) (local.get 1)) unreachable)
  (func $overflow (export "overflow") (call $overflow) (call $overflow))
  (func (export "loop") (loop (br 0))))`;

const module = await compiled(TEXT);

let made = 0;

/** Another guest. */
export function pooledTestGuest(): PooledTestGuest {
  const instance = new WebAssembly.Instance(module);
  made += 1;
  return { ...(instance.exports as unknown as Omit<PooledTestGuest, 'instance' | 'number'>), instance, number: made };
}

/** A pool of such guests. */
export function pooled<S>(
  options: Partial<InstancePoolOptions<PooledTestGuest, S>> & { size: number },
): Promise<InstancePool<PooledTestGuest>> {
  return InstancePool.create<PooledTestGuest, S>({ create: pooledTestGuest, ...options });
}

/** Waits until something holds, for as long as the test may run. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 1));
}

/** Fails unless all guests that were ever made are accounted for. */
export function accounted(pool: InstancePool<unknown>): boolean {
  const { created, idle, inUse, cleaning, retired, discarded } = pool.stats();
  const given = Object.values(discarded).reduce((sum, count) => sum + count, 0);
  return created === idle + inUse + cleaning + retired + given;
}
