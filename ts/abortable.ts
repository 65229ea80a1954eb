import type { NativeCancel } from '../native/index.cjs';
import { binding } from './binding.ts';
import { checkOptions, checkSignal } from './check.ts';
import { PagefoldError, translated } from './errors.ts';

/** Options of operations that can be stopped. */
export interface AbortOptions {
  /** Stops the operation between two chunks; it then rejects with `ERR_PAGEFOLD_ABORTED`, and nothing has changed. */
  signal?: AbortSignal | undefined;
}

/**
 * Runs work of the addon that looks at a cancel flag, and sets the flag when the signal fires.
 *
 * @internal
 */
export async function abortable<T>(
  options: AbortOptions | undefined,
  work: (cancel: NativeCancel) => Promise<T>,
): Promise<T> {
  const signal = checkSignal(checkOptions(options).signal);
  const aborted = (): PagefoldError =>
    new PagefoldError('ERR_PAGEFOLD_ABORTED', 'the operation was aborted', { cause: signal?.reason });
  if (signal?.aborted) throw aborted();
  const cancel = new (binding().NativeCancel)();
  const stop = (): void => cancel.cancel();
  signal?.addEventListener('abort', stop, { once: true });
  try {
    return await work(cancel);
  } catch (thrown) {
    const error = translated(thrown);
    throw error instanceof PagefoldError && error.code === 'ERR_PAGEFOLD_ABORTED' ? aborted() : error;
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}
