import type { NativeRules } from '../native/index.cjs';
import type { AbortOptions } from './abortable.ts';
import { binding } from './binding.ts';
import { checkBytes, checkOptions, checkPath, wrongType } from './check.ts';
import { native, type DiffAuthor } from './errors.ts';
import { MergeRules, nativeRules } from './merge-rules.ts';
import type { Snapshot } from './snapshot.ts';

/** How a new {@link Snapshot} goes on from its first version. */
export interface SnapshotOptions {
  /**
   * How changes are merged. They are checked again for `maxByteLength`, which is what regions to the `'end'` reach.
   *
   * @default the last change wins, everywhere
   */
  rules?: MergeRules | undefined;
  /**
   * The longest that the snapshot may become, and memories whose changes are merged into it.
   *
   * @default that of the rules; without rules, the length of the contents
   */
  maxByteLength?: number | undefined;
}

/** Options of {@link MemoryView.snapshot}. */
export interface CaptureOptions extends SnapshotOptions {
  /**
   * A snapshot that the memory is for the most part like: of the same guest, started once more. Pages that hold what its current
   * version has there are shared with it instead of copied. They are compared byte by byte, about 0.2 µs each. It may come
   * from another thread by {@link Snapshot.attach}, have another length, and be disposed afterwards. Where more than half of
   * the pages differ, or in more than some 500 places, everything is copied.
   *
   * @default none: everything is copied
   */
  like?: Snapshot | undefined;
}

/** Options of {@link Snapshot.queue}. */
export interface QueueOptions {
  /**
   * Whose diff it is: diffs are merged in ascending order of this number, and one counts for each.
   *
   * @default {@link SnapshotDiff.origin}
   */
  origin?: number | undefined;
  /**
   * The running number of the diff there.
   *
   * @default {@link SnapshotDiff.sequence}
   */
  sequence?: number | undefined;
}

/** Options of {@link Snapshot.save}. */
export interface SaveOptions {
  /**
   * A file in the same folder with an earlier version of this snapshot, or of its parent: only pages that differ from it are
   * written, and the new file needs the other one from then on.
   *
   * @default none: the file stands alone
   */
  base?: string | undefined;
}

/** Options of {@link Snapshot.saveAsync}. */
export interface SaveAsyncOptions extends SaveOptions, AbortOptions {}

/**
 * The rules that the addon makes a snapshot with; `undefined` for one that cannot grow.
 *
 * @internal
 */
export function checkSnapshotOptions(options: SnapshotOptions | undefined): NativeRules | undefined {
  const { rules, maxByteLength } = checkOptions(options);
  const given = rules === undefined ? undefined : nativeRules(rules);
  if (maxByteLength === undefined) return given;
  const most = checkBytes(maxByteLength, 'maxByteLength', 1);
  return given === undefined ? nativeRules(new MergeRules([], { maxByteLength: most })) : resized(given, most);
}

/**
 * The same rules for memories of another greatest length.
 *
 * @internal
 */
export function resized(rules: NativeRules, maxByteLength: number): NativeRules {
  return native(() => binding().NativeRules.resized(rules, maxByteLength));
}

/**
 * The path of a file to be saved, and of the one that it is to rest on.
 *
 * @internal
 */
export function checkSave(path: string, options: SaveOptions | undefined): [path: string, base: string | undefined] {
  const checked = checkPath(path);
  const { base } = checkOptions(options);
  return [checked, base === undefined ? undefined : checkPath(base, 'base')];
}

/**
 * Reads every property once, and checks it.
 *
 * @internal
 */
export function checkAuthor(value: unknown): DiffAuthor {
  if (value === undefined) throw wrongType(value, 'author', 'an object');
  const { origin, sequence } = checkOptions(value as Partial<DiffAuthor>, 'author');
  return { origin: checkBytes(origin, 'origin'), sequence: checkBytes(sequence, 'sequence') };
}

/** @internal */
export function checkQueueOptions(options: QueueOptions | undefined): QueueOptions {
  const { origin, sequence } = checkOptions(options);
  return {
    origin: origin === undefined ? undefined : checkBytes(origin, 'origin'),
    sequence: sequence === undefined ? undefined : checkBytes(sequence, 'sequence'),
  };
}
