import { checkBytes, checkOptions, wrongType } from './check.ts';

/** How a diff is made. */
export interface DiffOptions {
  /**
   * Two runs of one merge region with at most so many equal bytes in between share an entry. It changes the size of the
   * diff and the speed of what is done with it, never what it means. 0 gives exact runs.
   *
   * @default 16
   */
  gap?: number | undefined;
  /**
   * Whether the diff carries what the base has where something changed: twice the size, for {@link SnapshotDiff.invert},
   * `delta`, and exact {@link SnapshotDiff.conflicts}.
   *
   * @default false
   */
  originals?: boolean | undefined;
}

/** What applying a diff did. */
export interface ApplyReport {
  /** Entries of the diff. */
  readonly entryCount: number;
  /** Their bytes together, those that equal the base included. */
  readonly byteLength: number;
  /**
   * Changed elements without effect: those that moved the other way under `max`, `min`, `and` and `or`, and those that
   * came later under `first-writer`.
   */
  readonly elementsWithoutEffect: number;
}

const GAP = 16;

/** @internal */
export interface CheckedDiffOptions {
  readonly gap: number;
  readonly originals: boolean;
}

/**
 * Reads every option once, and checks it.
 *
 * @internal
 */
export function checkDiffOptions(options: DiffOptions | undefined): CheckedDiffOptions {
  const { gap = GAP, originals = false } = checkOptions(options);
  if (typeof originals !== 'boolean') throw wrongType(originals, 'originals', 'a boolean');
  return { gap: checkBytes(gap, 'gap'), originals };
}

/**
 * The report of the addon, as users see it.
 *
 * @internal
 */
export function applyReport(applied: { entryCount: number; byteLength: number; withoutEffect: number }): ApplyReport {
  const { entryCount, byteLength, withoutEffect: elementsWithoutEffect } = applied;
  return { entryCount, byteLength, elementsWithoutEffect };
}
