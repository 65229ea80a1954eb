import { checkBytes, checkChoice, checkOptions, checkText, wrongType } from '../check.ts';
import { PagefoldError } from '../errors.ts';
import { pageByteLength } from '../page.ts';
import { nativeSnapshot, type Snapshot } from '../snapshot.ts';
import type { TrackerChoice } from '../tracker.ts';
import { checkViewOptions } from '../view-options.ts';
import type { WaitOptions } from '../waiters.ts';

/** Options of {@link PagePool.create}. */
export interface PagePoolOptions {
  /**
   * How many slots: so many leases there can be at a time. A slot takes memory from its first use on. All slots together can
   * be as long as a buffer of the runtime: 4 GiB on Node.js 20, next to no limit on later versions.
   */
  slots: number;
  /**
   * How many slots {@link PagePool.resize} can make of them, up to 65,536. Costs address space only.
   *
   * @default `slots`
   */
  maxSlots?: number | undefined;
  /**
   * Length of a slot in bytes, a multiple of the page size.
   *
   * @default the length of the snapshot, in whole pages
   */
  slotByteLength?: number | undefined;
  /**
   * What every slot holds when it is leased; past its end, zeros. Slots share its pages until they write to them. When it has
   * a later version, slots take that with their next reset.
   *
   * @default zeros
   */
  snapshot?: Snapshot | undefined;
  /**
   * Bytes between two slots that belong to none, a multiple of the page size. What is written there is dropped when a slot
   * next to it is cleaned, and counted as an overrun.
   *
   * @default 0
   */
  guardByteLength?: number | undefined;
  /**
   * Who cleans a slot: {@link PageLease.release} itself, or the pool, in the background, one slot in each turn of the event
   * loop, so that releasing costs next to nothing.
   *
   * @default 'background'
   */
  cleaner?: 'release' | 'background' | undefined;
  /**
   * Private bytes that all slots together may keep while nobody uses them, in whole pages. Those beyond that are given back to
   * the system, of the slots first that have been idle longest.
   *
   * @default no limit
   */
  idleByteLength?: number | undefined;
  /**
   * Private bytes that each slot may keep when it is cleaned, as with a {@link MemoryView}.
   *
   * @default no limit
   */
  residentByteLength?: number | undefined;
  /**
   * How changed pages are found.
   *
   * @default the environment variable `PAGEFOLD_TRACKER`, else 'auto'
   */
  tracker?: TrackerChoice | undefined;
  /**
   * Whether a slot is checked before it counts as clean, as with a {@link MemoryView}. One that fails the check is not given
   * to anybody before it was mapped anew.
   *
   * @default 'never'
   */
  verify?: 'never' | 'sample' | 'always' | undefined;
  /** Shown by `util.inspect`. */
  name?: string | undefined;
}

/** Options of {@link PagePool.tryAcquire}. */
export interface AffinityOptions {
  /**
   * What the lease is for: a guest, a tenant, a code path. A slot that was last used for the same is preferred, because the
   * pages that it will write are in place already.
   */
  affinity?: string | number | undefined;
}

/** Options of {@link PagePool.acquire}. */
export interface AcquireOptions extends WaitOptions, AffinityOptions {}

/** @internal */
export interface CheckedPoolOptions {
  readonly slots: number;
  readonly maxSlots: number;
  readonly slotByteLength: number;
  readonly snapshot: Snapshot | undefined;
  readonly guardByteLength: number;
  readonly cleaner: 'release' | 'background';
  readonly idleByteLength: number | undefined;
  readonly residentByteLength: number | undefined;
  readonly tracker: TrackerChoice;
  readonly verify: 'never' | 'sample' | 'always';
  readonly name: string;
}

/** About as many as a process can have mappings. */
const MAX_SLOTS = 65_536;

/**
 * Reads every option once, and checks it.
 *
 * @internal
 */
export function checkPoolOptions(options: PagePoolOptions): CheckedPoolOptions {
  if (options === undefined) throw wrongType(options, 'options', 'an object');
  const { slots, maxSlots, slotByteLength, snapshot, guardByteLength, ...others } = checkOptions(options);
  const count = checkSlots(slots, 'slots', MAX_SLOTS);
  const max = maxSlots === undefined ? count : checkSlots(maxSlots, 'maxSlots', MAX_SLOTS);
  if (max < count) throw outOfRange(`maxSlots must not be below slots; ${max} is below ${count}`);
  if (snapshot !== undefined) nativeSnapshot(snapshot);
  const { cleaner = 'background', idleByteLength, name } = others;
  const { tracker, residentByteLength, verify } = checkViewOptions(others);
  return {
    slots: count,
    maxSlots: max,
    slotByteLength: slotLength(slotByteLength, snapshot),
    snapshot,
    guardByteLength: guardByteLength === undefined ? 0 : checkWholePages(guardByteLength, 'guardByteLength', 0),
    cleaner: checkChoice(cleaner, 'cleaner', ['release', 'background']),
    idleByteLength: idleByteLength === undefined ? undefined : checkBytes(idleByteLength, 'idleByteLength'),
    residentByteLength,
    tracker,
    verify,
    name: name === undefined ? '' : checkText(name, 'name'),
  };
}

/**
 * A number of slots.
 *
 * @internal
 */
export function checkSlots(value: unknown, name: string, max: number): number {
  if (typeof value !== 'number') throw wrongType(value, name, 'a number of slots');
  if (Number.isSafeInteger(value) && value >= 1 && value <= max) return value;
  throw outOfRange(`${name} must be an integer from 1 to ${max}; it is ${value}`);
}

function slotLength(value: unknown, snapshot: Snapshot | undefined): number {
  if (value !== undefined) return checkWholePages(value, 'slotByteLength', 1);
  if (snapshot === undefined) {
    throw new PagefoldError('ERR_PAGEFOLD_INVALID_ARGUMENT', 'a pool without a snapshot needs slotByteLength');
  }
  const page = pageByteLength();
  return Math.ceil(snapshot.byteLength / page) * page;
}

function checkWholePages(value: unknown, name: string, least: number): number {
  const byteLength = checkBytes(value, name, least);
  const page = pageByteLength();
  if (byteLength % page === 0) return byteLength;
  throw new PagefoldError(
    'ERR_PAGEFOLD_UNALIGNED',
    `${name} must be a multiple of the page size, ${page}; it is ${byteLength}`,
  );
}

function outOfRange(message: string): PagefoldError {
  return new PagefoldError('ERR_PAGEFOLD_OUT_OF_RANGE', message);
}
