import { binding } from './binding.ts';
import { checkBytes, checkOptions } from './check.ts';
import { checkDiffOptions, type DiffOptions } from './diff-options.ts';
import type { DiffAuthor } from './errors.ts';

/** How a diff is made, and by whom. */
export interface AuthoredDiffOptions extends DiffOptions {
  /**
   * Who makes it: diffs are merged in ascending order of this number, and of each origin one counts. Give one yourself where
   * several processes merge into one snapshot, or where the order matters.
   *
   * @default a number of its own for each view and snapshot, different among all threads of the process
   */
  origin?: number | undefined;
  /**
   * The running number of the diff there: a later one replaces an earlier one.
   *
   * @default one more than that of the last diff
   */
  sequence?: number | undefined;
}

/**
 * Somebody who makes one diff after the other.
 *
 * @internal
 */
export class DiffSource {
  #origin: number | undefined;
  #sequence = 0;

  /** Reads every option once, and checks it; the author of the next diff, and how it is made. */
  next(options: AuthoredDiffOptions | undefined): DiffAuthor & { readonly gap: number; readonly originals: boolean } {
    const checked = checkDiffOptions(options);
    const { origin, sequence } = checkOptions(options);
    const who = origin === undefined ? this.#ownOrigin() : checkBytes(origin, 'origin');
    const which =
      sequence === undefined ? checkBytes(this.#sequence + 1, 'sequence') : checkBytes(sequence, 'sequence');
    this.#sequence = which;
    return { origin: who, sequence: which, ...checked };
  }

  #ownOrigin(): number {
    this.#origin ??= binding().nextOrigin();
    return this.#origin;
  }
}
