import { PagefoldError } from '../errors.ts';

/**
 * Waits for work until a time limit, and then no longer: `late` is told, and what becomes of the work nobody learns.
 *
 * @internal
 */
export async function withinTime<R>(
  work: R | Promise<R>,
  limitMs: number | undefined,
  late: (error: PagefoldError) => void,
): Promise<R> {
  if (limitMs === undefined) return work;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const overtime = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const message = `the work on the guest took longer than ${limitMs} ms`;
      const error = new PagefoldError('ERR_PAGEFOLD_GUEST_LOST', message);
      late(error);
      reject(error);
    }, limitMs);
  });
  try {
    return await Promise.race([work, overtime]);
  } finally {
    clearTimeout(timer);
  }
}
