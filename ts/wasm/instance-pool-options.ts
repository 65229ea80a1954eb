import { checkBytes, checkChoice, checkOptions, wrongType } from '../check.ts';
import { PagefoldError } from '../errors.ts';
import { nativeSnapshot, type Snapshot } from '../snapshot.ts';
import { checkViewOptions, type ViewOptions } from '../view-options.ts';
import { checkTimeout, checkWaitOptions, type CheckedWaitOptions, type WaitOptions } from '../waiters.ts';
import { checkHook } from './javascript-state.ts';

/**
 * Options of {@link InstancePool.create}. `T` is the guest, whatever an application calls by that name; `S` the state that it
 * has in JavaScript.
 */
export interface InstancePoolOptions<T, S = unknown> extends ViewOptions {
  /**
   * Makes a guest: another one, with another memory, each time. When it fails for a later guest it is tried three times more,
   * 0.1 to 0.4 s later, and then again when somebody waits or another guest is given up. Nothing limits its time.
   */
  create: () => T | Promise<T>;
  /** Brings a new guest to the point that every lease begins at: started, warmed up, with nothing of it on the stack. */
  ready?: ((guest: T) => void | Promise<void>) | undefined;
  /**
   * The WebAssembly instance of a guest.
   *
   * @default the guest itself if it has `exports`, or else its property `instance`
   */
  instance?: ((guest: T) => { readonly exports: WebAssembly.Exports }) | undefined;
  /**
   * The memory, when the instance imports it instead of exporting it.
   *
   * @default the one that it exports
   */
  memory?: ((guest: T) => WebAssembly.Memory) | undefined;
  /** How many guests there are to be, from 1 on. */
  size: number;
  /**
   * A snapshot of such a guest, with which the first guest shares the pages that are equal, and with it all others: that of
   * a pool in another thread, by {@link Snapshot.attach}.
   *
   * @default none: the guests of this pool share pages among themselves
   */
  like?: Snapshot | undefined;
  /** What is put back of exported tables, see {@link InstanceSnapshotOptions.tables}. */
  tables?: 'entries' | 'length' | undefined;
  /** Captures what a guest has in JavaScript, see {@link InstanceSnapshotOptions.onCapture}. */
  onCapture?: ((guest: T) => S) | undefined;
  /**
   * Called before memory, globals and tables of a guest are put back, with what `onCapture` returned: for state in JavaScript
   * that has to go while the memory still is what it refers to. May call the guest. Must be synchronous.
   */
  beforeReset?: ((guest: T, state: S) => void) | undefined;
  /** Called after they were put back, see {@link InstanceSnapshotOptions.onRestore}. */
  onRestore?: ((guest: T, state: S) => void) | undefined;
  /** Called once for every guest that is given up, when nothing of it is tracked any more. */
  dispose?: ((guest: T) => void | Promise<void>) | undefined;
  /**
   * When guests are put back. `release`: while they are released. `background`: in a later turn of the event loop, so that
   * releasing takes no time, one guest a turn; an acquire that finds no clean guest cleans one itself.
   *
   * @default 'release'
   */
  cleaner?: 'release' | 'background' | undefined;
  /**
   * When guests besides the first one are made. `background`: right away, one after another. `demand`: when somebody waits for
   * one.
   *
   * @default 'background'
   */
  fill?: 'background' | 'demand' | undefined;
  /**
   * How many guests are made at the same time.
   *
   * @default 1
   */
  concurrency?: number | undefined;
  /**
   * A guest whose memory has grown beyond is replaced by a new one: a memory cannot shrink.
   *
   * @default no limit
   */
  maxByteLength?: number | undefined;
  /**
   * A guest that was acquired so often is replaced by a new one.
   *
   * @default no limit
   */
  maxUses?: number | undefined;
}

/** Options of {@link InstancePool.run}. */
export interface RunOptions extends WaitOptions {
  /**
   * How long the work may take at most, from the moment when it has the guest, in milliseconds, up to 2^31 - 1. Ends only what
   * waits for something: nothing can interrupt a guest that computes but the end of its thread.
   *
   * @default no limit
   */
  runTimeoutMs?: number | undefined;
}

/** Every option of a pool, read once and checked. @internal */
export interface CheckedPoolOptions<T, S> {
  readonly create: () => T | Promise<T>;
  readonly ready: ((guest: T) => void | Promise<void>) | undefined;
  readonly instance: ((guest: T) => { readonly exports: WebAssembly.Exports }) | undefined;
  readonly memory: ((guest: T) => WebAssembly.Memory) | undefined;
  readonly size: number;
  readonly like: Snapshot | undefined;
  readonly tables: 'entries' | 'length';
  readonly onCapture: ((guest: T) => S) | undefined;
  readonly beforeReset: ((guest: T, state: S) => void) | undefined;
  readonly onRestore: ((guest: T, state: S) => void) | undefined;
  readonly dispose: ((guest: T) => void | Promise<void>) | undefined;
  readonly cleaner: 'release' | 'background';
  readonly fill: 'background' | 'demand';
  readonly concurrency: number;
  readonly maxByteLength: number;
  readonly maxUses: number;
  readonly view: ViewOptions;
}

/** @internal */
export function checkPoolOptions<T, S>(options: InstancePoolOptions<T, S>): CheckedPoolOptions<T, S> {
  if (options === undefined) throw wrongType(options, 'options', 'an object');
  const given = checkOptions(options);
  const { create, tables = 'entries', cleaner = 'release', fill = 'background' } = given;
  const { concurrency = 1, maxByteLength, maxUses, like } = given;
  if (typeof create !== 'function') throw wrongType(create, 'create', 'a function');
  if (like !== undefined) nativeSnapshot(like, 'like');
  return {
    create,
    ready: checkHook(given.ready, 'ready'),
    instance: checkHook(given.instance, 'instance'),
    memory: checkHook(given.memory, 'memory'),
    size: checkSize(given.size),
    like,
    tables: checkChoice(tables, 'tables', ['entries', 'length']),
    onCapture: checkHook(given.onCapture, 'onCapture'),
    beforeReset: checkHook(given.beforeReset, 'beforeReset'),
    onRestore: checkHook(given.onRestore, 'onRestore'),
    dispose: checkHook(given.dispose, 'dispose'),
    cleaner: checkChoice(cleaner, 'cleaner', ['release', 'background']),
    fill: checkChoice(fill, 'fill', ['background', 'demand']),
    concurrency: checkCount(concurrency, 'concurrency'),
    maxByteLength: maxByteLength === undefined ? Number.POSITIVE_INFINITY : checkBytes(maxByteLength, 'maxByteLength'),
    maxUses: maxUses === undefined ? Number.POSITIVE_INFINITY : checkCount(maxUses, 'maxUses'),
    view: checkViewOptions(given),
  };
}

/** @internal */
export function checkSize(value: unknown): number {
  return checkCount(value, 'size');
}

/** @internal */
export function checkRunOptions(options: RunOptions | undefined): [CheckedWaitOptions, number | undefined] {
  const { signal, timeoutMs, runTimeoutMs } = checkOptions(options);
  return [checkWaitOptions({ signal, timeoutMs }), checkTimeout(runTimeoutMs, 'runTimeoutMs')];
}

/** More guests than any process has room for. */
const COUNT_MAX = 2 ** 31 - 1;

function checkCount(value: unknown, name: string): number {
  if (typeof value !== 'number') throw wrongType(value, name, 'a number');
  if (!Number.isSafeInteger(value) || value < 1 || value > COUNT_MAX) {
    throw new PagefoldError(
      'ERR_PAGEFOLD_OUT_OF_RANGE',
      `${name} must be an integer from 1 to 2^31 - 1; it is ${value}`,
    );
  }
  return value;
}
