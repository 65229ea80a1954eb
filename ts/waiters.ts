import type { AbortOptions } from './abortable.ts';
import { checkOptions, checkSignal, wrongType } from './check.ts';
import { PagefoldError } from './errors.ts';

/** Options of whatever may have to wait. */
export interface WaitOptions extends AbortOptions {
  /**
   * How long to wait at most, in milliseconds, up to 2^31 - 1. 0 takes what is there now.
   *
   * @default no limit
   */
  timeoutMs?: number | undefined;
}

/** @internal */
export interface CheckedWaitOptions {
  readonly signal: AbortSignal | undefined;
  readonly timeoutMs: number | undefined;
}

/** The longest that a timer of JavaScript can run, in milliseconds. */
const TIMEOUT_MAX = 2 ** 31 - 1;

/**
 * Reads every option once, and checks it.
 *
 * @internal
 */
export function checkWaitOptions(options: WaitOptions | undefined): CheckedWaitOptions {
  const { signal, timeoutMs } = checkOptions(options);
  return { signal: checkSignal(signal), timeoutMs: checkTimeout(timeoutMs, 'timeoutMs') };
}

/** @internal */
export function checkTimeout(value: unknown, name: string): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'number') throw wrongType(value, name, 'a number');
  if (value >= 0 && value <= TIMEOUT_MAX) return value;
  throw new PagefoldError(
    'ERR_PAGEFOLD_OUT_OF_RANGE',
    `${name} must be from 0 to 2^31 - 1 milliseconds; it is ${value}`,
  );
}

interface Waiter<T, W> {
  readonly wish: W | undefined;
  readonly resolve: (item: T) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Those who wait for something of which there is none left, served in the order in which they came. Whoever was served,
 * gave up or was sent away holds no timer and no listener any more. Each may have said what it wishes for.
 *
 * @internal
 */
export class Waiters<T, W = undefined> {
  readonly #what: string;
  /** In the order of arrival; leaving costs the same from any place. */
  readonly #waiting = new Set<Waiter<T, W>>();

  /** @param what what they wait for, for messages: 'a slot of the pool' */
  constructor(what: string) {
    this.#what = what;
  }

  /** How many wait. */
  get length(): number {
    return this.#waiting.size;
  }

  /** What the one who has waited longest wishes for. */
  get wish(): W | undefined {
    for (const { wish } of this.#waiting) return wish;
    return undefined;
  }

  /**
   * Waits at the end of the queue. Rejects with `ERR_PAGEFOLD_POOL_TIMEOUT`, with `ERR_PAGEFOLD_ABORTED`, or with what
   * {@link Waiters.sendAway} is given.
   */
  wait({ signal, timeoutMs }: CheckedWaitOptions, wish?: W): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const timer =
        timeoutMs === undefined ? undefined : setTimeout(() => waiter.reject(this.#late(timeoutMs)), timeoutMs);
      const abort = (): void => waiter.reject(aborted(signal));
      const left = (): void => {
        this.#waiting.delete(waiter);
        clearTimeout(timer);
        signal?.removeEventListener('abort', abort);
      };
      const waiter: Waiter<T, W> = {
        wish,
        resolve: (item) => (left(), resolve(item)),
        reject: (error) => (left(), reject(error as Error)),
      };
      this.#waiting.add(waiter);
      signal?.addEventListener('abort', abort, { once: true });
      if (signal?.aborted) abort();
    });
  }

  /** Gives something to whoever has waited longest; `false` when nobody waits. It is theirs from then on. */
  serve(item: T): boolean {
    for (const waiter of this.#waiting) {
      waiter.resolve(item);
      return true;
    }
    return false;
  }

  /** Sends everybody away, or only those at the head of the queue. */
  sendAway(error: PagefoldError, atMost = Number.POSITIVE_INFINITY): void {
    let left = atMost;
    for (const waiter of this.#waiting) {
      if (left <= 0) return;
      left -= 1;
      waiter.reject(error);
    }
  }

  #late(timeoutMs: number): PagefoldError {
    return new PagefoldError(
      'ERR_PAGEFOLD_POOL_TIMEOUT',
      `waited ${timeoutMs} ms for ${this.#what} in vain; release leases earlier, wait longer, or make the pool larger`,
    );
  }
}

function aborted(signal: AbortSignal | undefined): PagefoldError {
  return new PagefoldError('ERR_PAGEFOLD_ABORTED', 'the wait was aborted', { cause: signal?.reason });
}
