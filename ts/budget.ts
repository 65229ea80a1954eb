import process from 'node:process';

import { binding } from './binding.ts';
import { checkBytes, checkOptions, checkSignal } from './check.ts';
import { native, PagefoldError } from './errors.ts';
import { inLaterTurn } from './turn.ts';

/** How much may be lost for a while. */
export interface Budget {
  /**
   * Bytes of regions that were dropped, not disposed, that a garbage collection has found dead and that the engine has not
   * given back yet: it does so between two turns of the event loop. Regions that can be reached never count. Above it {@link
   * Region.allocate} and {@link Region.open} throw `ERR_PAGEFOLD_BUDGET`, and {@link Region.allocateAsync} waits.
   *
   * @default the environment variable `PAGEFOLD_BUDGET` (bytes, or with one of the suffixes k, m, g); without it an eighth
   * of the memory that the process may use, from 16 MiB up to 256 MiB
   */
  unreclaimedByteLength: number;
}

const MIB = 2 ** 20;
const UNITS: Readonly<Record<string, number>> = { '': 1, k: 2 ** 10, m: MIB, g: 2 ** 30 };
/**
 * More than any engine can have. V8 collects at once, in the call that tells it of more than half of its heap's limit outside the
 * heap (`Heap::ReportExternalMemoryPressure`), and lets that be taken back. JavaScriptCore takes nothing back.
 */
const PRESS_BYTES = 'bun' in process.versions ? 0 : 2 ** 40;
/** Turns of the event loop that an allocation waits for at most. */
const TURNS_MAX = 128;

let isSet = false;

/**
 * Sets the budget of this thread. Every thread has its own, because only its own turns give anything back.
 *
 * @throws {PagefoldError} `ERR_PAGEFOLD_OUT_OF_RANGE`
 */
export function setBudget(budget: Budget): void {
  apply(checkBytes(checkOptions(budget, 'budget').unreclaimedByteLength, 'unreclaimedByteLength'));
}

/**
 * Sets the budget at the first allocation, unless the user has.
 *
 * @internal
 * @throws {PagefoldError} `ERR_PAGEFOLD_INVALID_ARGUMENT` when `PAGEFOLD_BUDGET` is no number of bytes.
 */
export function ensureBudget(): void {
  if (!isSet) apply(fromEnvironment() ?? fromSystem());
}

/**
 * What `allocate` returns, once the budget lets it.
 *
 * @internal
 */
export async function withinBudget<T>(allocate: () => T, abortedBy: AbortSignal | undefined): Promise<T> {
  const signal = checkSignal(abortedBy);
  for (let turns = 0; ; turns++) {
    if (signal?.aborted) {
      throw new PagefoldError('ERR_PAGEFOLD_ABORTED', 'the operation was aborted', { cause: signal.reason });
    }
    try {
      return allocate();
    } catch (error) {
      const mayWait = error instanceof PagefoldError && error.code === 'ERR_PAGEFOLD_BUDGET' && turns < TURNS_MAX;
      if (!mayWait) throw error;
    }
    await new Promise<void>((resolve) => inLaterTurn(turns, true, resolve));
  }
}

function apply(unreclaimedByteLength: number): void {
  const { setBudget } = binding();
  native(() => setBudget(unreclaimedByteLength, PRESS_BYTES));
  isSet = true;
}

function fromEnvironment(): number | undefined {
  const text = process.env['PAGEFOLD_BUDGET'];
  if (text === undefined || text === '') return undefined;
  const [, digits = '', unit = ''] = /^(\d+)([kmg]?)$/i.exec(text) ?? [];
  const bytes = digits === '' ? Number.NaN : Number(digits) * (UNITS[unit.toLowerCase()] ?? Number.NaN);
  if (Number.isSafeInteger(bytes)) return bytes;
  throw new PagefoldError(
    'ERR_PAGEFOLD_INVALID_ARGUMENT',
    `the environment variable PAGEFOLD_BUDGET must be a number of bytes, such as 268435456, 256m or 1g; it is '${text.slice(0, 40)}'`,
  );
}

function fromSystem(): number {
  // Where nothing limits the process, this is absent, 0 or far more than there can be.
  const available = typeof process.constrainedMemory === 'function' ? process.constrainedMemory() : 0;
  return available > 0 ? Math.min(256 * MIB, Math.max(16 * MIB, Math.floor(available / 8))) : 256 * MIB;
}
