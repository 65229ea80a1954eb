import type { InspectOptionsStylized } from 'node:util';

import type { NativeSnapshot } from '../native/index.cjs';
import { abortable, type AbortOptions } from './abortable.ts';
import { binding } from './binding.ts';
import { checkPart } from './byte-range.ts';
import { stableBytes } from './bytes.ts';
import { publishCopy, toldSnapshot, toldSnapshotLater, toldSync } from './channels.ts';
import { checkBytes, checkPath, wrongType } from './check.ts';
import { DiffSource, type AuthoredDiffOptions } from './diff-author.ts';
import { native, PagefoldError, type DiffAuthor } from './errors.ts';
import { INSPECT, inspected, stateOf } from './inspect.ts';
import { madeAt } from './leaks.ts';
import { checkMadeHere, MADE_HERE, type MadeHere } from './made-here.ts';
import { MergeRules, nativeRules } from './merge-rules.ts';
import { nativeDiff, SnapshotDiff } from './snapshot-diff.ts';
import { compactFile, compactFileLater, saveFile, saveFileLater } from './snapshot-files.ts';
import {
  checkAuthor,
  checkQueueOptions,
  checkSnapshotOptions,
  resized,
  type QueueOptions,
  type SaveAsyncOptions,
  type SaveOptions,
  type SnapshotOptions,
} from './snapshot-options.ts';
import {
  snapshotChanges,
  syncReport,
  type SnapshotChanges,
  type SnapshotParent,
  type SyncReport,
} from './snapshot-reports.ts';
import { checkTicket, type SnapshotTicket } from './snapshot-ticket.ts';

/** The native side of a snapshot, if it is one; set by the class, which alone can see it. */
let nativeOf: (value: object) => NativeSnapshot | undefined;

/** What a snapshot tells of its current version, and has told last when it was disposed. */
type State = Readonly<Record<'version' | 'byteLength' | 'storedByteLength', number>>;

/**
 * The contents of a memory at one moment, a state to go back to, and the states that follow it when changes are merged.
 *
 * It has one current version at a time. A version never changes: memories that show it keep it until their next reset, and
 * share its pages until they write to them. Pages of zeros take no memory. Any thread may use it ({@link Snapshot.attach}).
 *
 * @example
 * const snapshot = view.snapshot({ rules });
 * snapshot.queue(view.diff());       // and the diffs of other memories that started from it
 * snapshot.sync();                   // merged, they are the next version
 * view.reset();                      // which every memory takes with its next reset
 */
export class Snapshot implements Disposable {
  readonly #native: NativeSnapshot;
  readonly #id: string;
  readonly #parent: SnapshotParent | undefined;
  /** Once disposed: the state at the end. */
  #last: State | undefined;
  readonly #source = new DiffSource();

  /** @internal */
  constructor(made: MadeHere, snapshot: NativeSnapshot) {
    checkMadeHere(made, 'a Snapshot is made by MemoryView.snapshot(), Snapshot.capture() or Snapshot.open()');
    snapshot.enter(madeAt());
    this.#native = snapshot;
    this.#id = snapshot.id();
    this.#parent = Object.freeze(snapshot.parent() ?? undefined);
  }

  static {
    nativeOf = (value) => (#native in value ? value.#alive() : undefined);
  }

  /**
   * A snapshot with a copy of `bytes`.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_OUT_OF_RANGE` when there are none; `ERR_PAGEFOLD_OVER_MAX` when there are more than
   * `maxByteLength`; those of {@link MergeRules} when the rules are not for that length.
   */
  static capture(bytes: Uint8Array, options?: SnapshotOptions): Snapshot {
    const stable = stableBytes(bytes, 'bytes');
    const rules = checkSnapshotOptions(options);
    const { NativeSnapshot } = binding();
    return toldSnapshot('capture', () => new Snapshot(MADE_HERE, NativeSnapshot.capture(stable, rules)));
  }

  /**
   * The snapshot that another thread of this process has given a ticket for: the same one, with its versions and queue. Each
   * thread disposes its own object.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_DISPOSED` when all its objects were disposed or collected, and no view has it as its
   * baseline; `ERR_PAGEFOLD_INVALID_ARGUMENT` for a ticket of another process, or none.
   */
  static attach(ticket: SnapshotTicket): Snapshot {
    const checked = checkTicket(ticket);
    const { NativeSnapshot } = binding();
    return native(() => new Snapshot(MADE_HERE, NativeSnapshot.attach(checked)));
  }

  /**
   * Reads a snapshot from a file that {@link Snapshot.save} has written, and from the files that it rests on, checking every
   * byte of them. Rules and queue are not saved.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_NOT_A_SNAPSHOT`, `ERR_PAGEFOLD_SNAPSHOT_CORRUPT` when it was cut short or
   * altered, or a file that it rests on is another one, `ERR_PAGEFOLD_SYSTEM` with `errno` when it cannot be read.
   */
  static open(path: string): Snapshot {
    const checked = checkPath(path);
    const { NativeSnapshot } = binding();
    return toldSnapshot('open', () => new Snapshot(MADE_HERE, NativeSnapshot.open(checked)));
  }

  /** Like {@link Snapshot.open}, away from the JavaScript thread. */
  static async openAsync(path: string, options?: AbortOptions): Promise<Snapshot> {
    const checked = checkPath(path);
    const { NativeSnapshot } = binding();
    const open = (): Promise<NativeSnapshot> =>
      abortable(options, (cancel) => NativeSnapshot.openAsync(checked, cancel));
    return toldSnapshotLater('open', async () => new Snapshot(MADE_HERE, await open()));
  }

  /**
   * Writes a file of {@link Snapshot.save} anew with all pages, so that it rests on no other any more.
   *
   * @throws {PagefoldError} as {@link Snapshot.open} and {@link Snapshot.save}; the file is then as it was.
   */
  static compact(path: string): void {
    compactFile(path);
  }

  /** Like {@link Snapshot.compact}, away from the JavaScript thread. */
  static async compactAsync(path: string, options?: AbortOptions): Promise<void> {
    await compactFileLater(path, options);
  }

  /**
   * Writes the current version to a file that only its owner can read. The file appears whole or not at all: a crash leaves
   * the old one. The format is described in docs/snapshot-format.md.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_SYSTEM` with `errno` when it cannot be written; with `base`, `ERR_PAGEFOLD_STALE_BASE`
   * when that has another snapshot, `ERR_PAGEFOLD_OUT_OF_RANGE` when it lies in another folder, is the file itself or rests on
   * too many others, and those of {@link Snapshot.open}.
   */
  save(path: string, options?: SaveOptions): void {
    saveFile({ snapshot: this, native: this.#alive() }, path, options);
  }

  /** Like {@link Snapshot.save}, away from the JavaScript thread. Disposing the snapshot meanwhile does no harm. */
  async saveAsync(path: string, options?: SaveAsyncOptions): Promise<void> {
    await saveFileLater({ snapshot: this, native: this.#alive() }, path, options);
  }

  /** 32 hexadecimal digits, different for every capture and fork; a saved file keeps them. */
  get id(): string {
    return this.#id;
  }

  /** Number of the current version: counts the states that the snapshot has had, from 0. */
  get version(): number {
    return this.#state().version;
  }

  /** Length of the current version in bytes. */
  get byteLength(): number {
    return this.#state().byteLength;
  }

  /** Bytes of the pages that are not all zero, apart from those shared with earlier versions and with `like`: what it costs. */
  get storedByteLength(): number {
    return this.#state().storedByteLength;
  }

  /** What it was forked from, if it was. */
  get parent(): SnapshotParent | undefined {
    return this.#parent;
  }

  /** The longest that it can become, in bytes. */
  get maxByteLength(): number {
    const snapshot = this.#alive();
    return native(() => snapshot.maxByteLength());
  }

  /** How often the rules were replaced. A diff names the revision that it was made with. */
  get revision(): number {
    const snapshot = this.#alive();
    return native(() => snapshot.revision());
  }

  /** How changes are merged. */
  get rules(): MergeRules {
    const snapshot = this.#alive();
    return new MergeRules(
      MADE_HERE,
      native(() => snapshot.rules()),
    );
  }

  /** How many diffs wait for {@link Snapshot.sync}. */
  get queued(): number {
    const snapshot = this.#alive();
    return native(() => snapshot.queued());
  }

  /** Whether {@link Snapshot.dispose} was called. */
  get disposed(): boolean {
    return this.#last !== undefined;
  }

  /**
   * A copy of a part of the contents.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_OUT_OF_RANGE` when the part ends after the snapshot.
   */
  read(byteOffset: number, byteLength: number): Uint8Array<ArrayBuffer> {
    const snapshot = this.#alive();
    const offset = checkBytes(byteOffset, 'byteOffset');
    const length = checkBytes(byteLength, 'byteLength');
    checkPart(offset, length, this.byteLength, 'snapshot');
    const bytes = new Uint8Array(length);
    if (length > 0) native(() => snapshot.read(offset, bytes));
    publishCopy('read', length, this);
    return bytes;
  }

  /**
   * Replaces the rules, from the next diffs on. They are checked again for `maxByteLength` of this snapshot. Makes no new
   * version.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_STALE_BASE` while diffs are queued, which were made with the old ones; those of
   * {@link MergeRules} when the rules are not for memories of that length.
   */
  setRules(rules: MergeRules): void {
    const snapshot = this.#alive();
    const wanted = nativeRules(rules);
    native(() => snapshot.setRules(resized(wanted, snapshot.maxByteLength())));
  }

  /**
   * Makes a version in which `bytes` are at `byteOffset`, and grows as far as needed. Writing nothing makes none. About 2 µs a
   * page.
   *
   * @returns the number of the current version
   * @throws {PagefoldError} `ERR_PAGEFOLD_OVER_MAX` past `maxByteLength`; `ERR_PAGEFOLD_STALE_BASE` while diffs are queued;
   * `ERR_PAGEFOLD_OUT_OF_MEMORY`. Nothing has changed then.
   */
  write(bytes: Uint8Array, byteOffset: number): number {
    const snapshot = this.#alive();
    const stable = stableBytes(bytes, 'bytes');
    const offset = checkBytes(byteOffset, 'byteOffset');
    const version = native(() => snapshot.write(offset, stable));
    publishCopy('write', stable.byteLength, this);
    return version;
  }

  /**
   * Makes a version of that length: cut off, or continued with zeros. What was cut off reads as zeros if it grows again.
   *
   * @returns the number of the new version
   * @throws {PagefoldError} as {@link Snapshot.write}.
   */
  truncate(byteLength: number): number {
    const snapshot = this.#alive();
    const length = checkBytes(byteLength, 'byteLength');
    return native(() => snapshot.truncate(length));
  }

  /** Another snapshot that begins with the current version and the rules of this one. Shares its pages; nothing is copied. */
  fork(): Snapshot {
    const snapshot = this.#alive();
    return toldSnapshot('fork', () => new Snapshot(MADE_HERE, snapshot.fork()));
  }

  /**
   * What the current version of another snapshot has changed against the current one of this, by the rules of this one: where
   * one was forked from the other, at the cost of the pages that lie elsewhere.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_SIZE_MISMATCH` when the other one is shorter; `ERR_PAGEFOLD_OVER_MAX` when it is
   * longer than `maxByteLength`; `ERR_PAGEFOLD_PARTIAL_ELEMENT` when its end cuts a changed element off.
   */
  diff(other: Snapshot, options?: AuthoredDiffOptions): SnapshotDiff {
    const snapshot = this.#alive();
    const compared = nativeSnapshot(other, 'other');
    const made = this.#source.next(options);
    return native(() => new SnapshotDiff(MADE_HERE, snapshot.diff(compared, made)));
  }

  /**
   * Has a diff merged in the next {@link Snapshot.sync}, in ascending order of origin, whenever and from whichever thread it
   * arrives. Of each origin one diff counts: a later one holds all that an earlier one does, and replaces it; the same one
   * again has no effect.
   *
   * @returns how many diffs are queued then
   * @throws {PagefoldError} `ERR_PAGEFOLD_STALE_BASE` for a diff against another snapshot, version or revision of the rules;
   * `ERR_PAGEFOLD_DUPLICATE_DIFF` when a later or another one of its origin is queued; `ERR_PAGEFOLD_OVER_MAX`,
   * `ERR_PAGEFOLD_SIZE_MISMATCH` and `ERR_PAGEFOLD_DIFF_CORRUPT` when its lengths are not possible. The queue is as before.
   */
  queue(diff: SnapshotDiff, options?: QueueOptions): number {
    const snapshot = this.#alive();
    const added = nativeDiff(diff);
    const { origin, sequence } = checkQueueOptions(options);
    return native(() => snapshot.queue(added, origin, sequence));
  }

  /**
   * Takes a queued diff out, by its author.
   *
   * @returns whether there was one
   */
  discard(author: DiffAuthor): boolean {
    const snapshot = this.#alive();
    const { origin, sequence } = checkAuthor(author);
    return native(() => snapshot.discard(origin, sequence));
  }

  /**
   * Merges all queued diffs into the next version, or none. Every memory takes it with its next reset; until then it shows the
   * version before, and has no diffs. Without queued diffs nothing happens.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_MERGE_CONFLICT` and `ERR_PAGEFOLD_PRODUCT_UNDEFINED`, with `conflicts`;
   * `ERR_PAGEFOLD_OUT_OF_MEMORY`. Contents, version, rules and queue are as before then: {@link Snapshot.discard} one of them.
   */
  sync(): SyncReport {
    const snapshot = this.#alive();
    return syncReport(toldSync(this, () => snapshot.sync()));
  }

  /**
   * What was written since a version, with the number of the current one, in one step: a copy elsewhere that takes every
   * answer over misses nothing. Too old a version is answered with the whole contents.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_OUT_OF_RANGE` when there is no such version yet; `ERR_PAGEFOLD_OUT_OF_MEMORY`.
   */
  changes(fromVersion: number): SnapshotChanges {
    const snapshot = this.#alive();
    const from = checkBytes(fromVersion, 'fromVersion');
    const changes = native(() => snapshot.changes(from));
    publishCopy('changes', changes.bytes.byteLength, this);
    return snapshotChanges(changes);
  }

  /**
   * A ticket with which other threads of this process {@link Snapshot.attach} the same snapshot; the same one each time. It
   * keeps nothing alive: keep this object until they have.
   */
  share(): SnapshotTicket {
    const snapshot = this.#alive();
    return native(() => snapshot.share());
  }

  /** Lets go of the contents. A view that has them as its baseline keeps them, and so do other threads. Idempotent. */
  dispose(): void {
    if (this.#last !== undefined) return;
    this.#last = this.#state();
    this.#native.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** @internal */
  [INSPECT](_depth: number, options: InspectOptionsStylized, inspect: (value: unknown) => string): string {
    const state = stateOf(#native in this, () => this.disposed);
    const properties = (): object => ({ id: this.id, ...this.#state() });
    return inspected('Snapshot', state, properties, options, inspect);
  }

  #state(): State {
    if (this.#last !== undefined) return this.#last;
    return native(() => ({
      version: this.#native.version(),
      byteLength: this.#native.byteLength(),
      storedByteLength: this.#native.storedByteLength(),
    }));
  }

  #alive(): NativeSnapshot {
    if (this.#last === undefined) return this.#native;
    throw new PagefoldError('ERR_PAGEFOLD_DISPOSED', 'the snapshot was disposed');
  }
}

/**
 * The native side of a snapshot that is not disposed.
 *
 * @internal
 */
export function nativeSnapshot(value: unknown, name = 'snapshot'): NativeSnapshot {
  const snapshot = typeof value === 'object' && value !== null ? nativeOf(value) : undefined;
  if (snapshot === undefined) throw wrongType(value, name, 'a Snapshot');
  return snapshot;
}
