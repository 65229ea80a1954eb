import type { InspectOptionsStylized } from 'node:util';

import type { NativeView } from '../native/index.cjs';
import { publishReset, RESET, threshold, toldSnapshot } from './channels.ts';
import { checkBytes, checkChoice, checkOptions, wrongType } from './check.ts';
import { DiffSource, type AuthoredDiffOptions } from './diff-author.ts';
import { applyReport, type ApplyReport } from './diff-options.ts';
import { DirtyPages, type DirtyOptions, type DirtyReport } from './dirty-report.ts';
import { native, PagefoldError, translated } from './errors.ts';
import { INSPECT, inspected, stateOf } from './inspect.ts';
import { madeAt } from './leaks.ts';
import { checkMadeHere, MADE_HERE, type MadeHere } from './made-here.ts';
import { measures, measuring } from './measures.ts';
import { checkUntracked, track, untrack, type TrackedRange } from './occupancy.ts';
import { pageByteLength, pagesIn } from './page.ts';
import { checkPages } from './page-range.ts';
import type { Region } from './region.ts';
import { regionParts } from './region-parts.ts';
import { ReportSlots, residencyReport, type ResetReport, type ResidencyReport } from './report.ts';
import { nativeSnapshot, Snapshot } from './snapshot.ts';
import { nativeDiff, SnapshotDiff } from './snapshot-diff.ts';
import { checkSnapshotOptions, type CaptureOptions } from './snapshot-options.ts';
import { MemorySource, type Source } from './source.ts';
import { trackedBy } from './tracked-by.ts';
import type { RejectedTracker, TrackerKind } from './tracker.ts';
import {
  checkMapOptions,
  checkResetOptions,
  type DiscardOptions,
  type MapOptions,
  type PrefaultReport,
  type ResetOptions,
  type TrimReport,
} from './view-contents.ts';
import { checkViewOptions, type ViewOptions } from './view-options.ts';
import { checkMemory } from './wasm/memory.ts';

/**
 * A memory whose pages are tracked, so that it can go back to a baseline at the cost of the pages that changed.
 *
 * Belongs to the thread that made it. Nothing may run on the memory during an operation; with the unshared memories that
 * are accepted here that can only be asynchronous I/O of your own: await it first.
 *
 * @example
 * const view = MemoryView.adopt(instance.exports.memory);
 * view.snapshot();                   // the guest is ready: remember that
 * for (const request of requests) {
 *   instance.exports.handle(request);
 *   view.reset();                    // and put it back, page by page
 * }
 */
export class MemoryView implements Disposable {
  readonly #source: Source;
  readonly #range: TrackedRange;
  readonly #slots = new ReportSlots();
  readonly #reset: ReturnType<NativeView['resetter']>;
  readonly #idleByteLength: number;
  readonly #author = new DiffSource();
  #native: NativeView | undefined;
  #tracker: TrackerKind;
  #baseline: Snapshot | undefined;
  #bytes: Uint8Array<ArrayBuffer> | undefined;

  /** @internal */
  constructor(made: MadeHere, source: Source, range: TrackedRange, options: ViewOptions | undefined) {
    checkMadeHere(made, 'a MemoryView is made by MemoryView.adopt() or Region.view()');
    const checked = checkViewOptions(options);
    checkUntracked(source.owner, range);
    const view = native(() => trackedBy(source, checked));
    this.#source = source;
    this.#range = range;
    this.#native = view;
    native(() => view.enter(madeAt()));
    this.#reset = native(() => view.resetter(source.byteOffset));
    this.#idleByteLength = checked.idleByteLength;
    this.#baseline = source.leased?.baseline;
    this.#tracker = view.tracker() as TrackerKind;
    measuring();
    track(source.owner, range, this);
  }

  /**
   * A view of all of a WebAssembly memory, following its growth. The memory stays the engine's: pagefold replaces the
   * pages behind its addresses, never the addresses.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_NOT_WASM_MEMORY`; `ERR_PAGEFOLD_SHARED_MEMORY`; `ERR_PAGEFOLD_MEMORY64`;
   * `ERR_PAGEFOLD_OUT_OF_RANGE` for an empty memory; `ERR_PAGEFOLD_BUSY` when it is adopted already;
   * `ERR_PAGEFOLD_UNSUPPORTED`, with the reason, when the tracker does not work here.
   */
  static adopt(memory: WebAssembly.Memory, options?: ViewOptions): MemoryView {
    const range = { byteOffset: 0, byteEnd: Number.POSITIVE_INFINITY };
    return new MemoryView(MADE_HERE, new MemorySource(checkMemory(memory)), range, options);
  }

  /** The bytes, without a copy. Read it anew after anything that can grow the memory. */
  get bytes(): Uint8Array<ArrayBuffer> {
    this.#alive();
    if (this.#source.leased !== undefined) return this.#source.leased.bytes();
    const buffer = this.#source.buffer();
    const byteLength = this.#source.byteLength(buffer);
    if (this.#bytes?.buffer !== buffer || this.#bytes.byteLength !== byteLength) {
      this.#bytes = new Uint8Array(buffer, this.#source.byteOffset, byteLength);
    }
    return this.#bytes;
  }

  /** Length in bytes, now. */
  get byteLength(): number {
    this.#alive();
    return this.#source.byteLength(this.#source.buffer());
  }

  /** The tracker in use. */
  get tracker(): TrackerKind {
    return this.#tracker;
  }

  /** With `auto`: the better trackers that cannot be used, and why. */
  get rejected(): readonly RejectedTracker[] {
    const view = this.#alive();
    return native(() => view.rejected()) as RejectedTracker[];
  }

  /** The state that {@link MemoryView.reset} goes back to. */
  get baseline(): Snapshot | undefined {
    return this.#baseline;
  }

  /** Whether {@link MemoryView.dispose} was called, or the lease has ended whose slot it is. */
  get disposed(): boolean {
    return this.#native === undefined || this.#source.leased?.hasEnded() === true;
  }

  /**
   * Captures the memory as it is and makes that the baseline. Copies it once, about 0.3 ms a MiB in use, apart from what
   * it has in common with the snapshot `like`.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_OUT_OF_MEMORY` when there is no room; `ERR_PAGEFOLD_OVER_MAX` when the memory is longer
   * than `maxByteLength`; those of {@link MergeRules} when the rules are not for that length. Everything is then as before.
   */
  snapshot(options?: CaptureOptions): Snapshot {
    const rules = checkSnapshotOptions(options);
    const like = options?.like;
    const likeness = like === undefined ? undefined : nativeSnapshot(like, 'like');
    const view = this.#alive();
    const capture = (): Snapshot => {
      this.#baseline = new Snapshot(MADE_HERE, view.snapshot(...this.#where(), rules, likeness));
      this.#tracker = view.tracker() as TrackerKind;
      return this.#baseline;
    };
    return toldSnapshot('capture', capture, this);
  }

  /**
   * Gives the memory the contents of `snapshot`, whose pages it shares until it writes to them, and makes that the
   * baseline. What lies past the end of the snapshot becomes zero.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_SNAPSHOT_TOO_LARGE` when the memory is shorter: grow it first.
   */
  restore(snapshot: Snapshot): ResetReport {
    const view = this.#alive();
    const wanted = nativeSnapshot(snapshot);
    const buffer = this.#source.buffer();
    this.#slots.setByteLength(this.#source.byteLength(buffer));
    native(() => view.restore(buffer, this.#source.byteOffset, this.#slots.buffer, wanted));
    this.#baseline = snapshot;
    return this.#report(view, 'restore');
  }

  /**
   * Puts the memory back to the baseline, at the cost of the pages that changed. Pages by which the memory has grown
   * since become zero; a memory cannot shrink. Where the snapshot has a later version than the memory showed, it shows that
   * afterwards, at the cost of the pages that differ besides.
   *
   * Call it when nothing of the guest is on the stack. State beside the memory (globals, tables, JavaScript) is not
   * touched: see `InstanceSnapshot` of `pagefold/wasm`.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_NO_BASELINE` before the first {@link MemoryView.snapshot};
   * `ERR_PAGEFOLD_SNAPSHOT_TOO_LARGE` when the snapshot has grown beyond the memory: grow that first; with the option `verify`
   * `ERR_PAGEFOLD_VERIFY`, with `byteOffset`, when the memory is not the baseline afterwards: the next reset then maps
   * everything anew.
   */
  reset(options?: ResetOptions): ResetReport {
    const keepIgnored = options !== undefined && checkResetOptions(options);
    const view = this.#alive();
    const buffer = this.#source.buffer();
    this.#slots.setByteLength(this.#source.byteLength(buffer));
    try {
      if (keepIgnored) view.resetKeepingIgnored(buffer, this.#source.byteOffset, this.#slots.buffer);
      else this.#reset(buffer, this.#slots.buffer);
    } catch (thrown) {
      throw translated(thrown);
    }
    return this.#report(view, 'reset');
  }

  /**
   * Everything that the memory has changed against its baseline, by the rules of that snapshot: to be kept, sent, and merged into
   * it with {@link Snapshot.queue}. Reads the pages that the tracker reports and changes nothing: made again, it is the same
   * but for its sequence. Nothing may write to the memory meanwhile.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_NO_BASELINE`; `ERR_PAGEFOLD_STALE_VIEW` when the snapshot has a later version than the
   * memory shows: reset it first; `ERR_PAGEFOLD_OVER_MAX` when the memory is longer than the snapshot can become, and
   * `ERR_PAGEFOLD_SIZE_MISMATCH` when it is shorter than that is; `ERR_PAGEFOLD_PARTIAL_ELEMENT` when its end cuts a changed
   * element off.
   */
  diff(options?: AuthoredDiffOptions): SnapshotDiff {
    const view = this.#alive();
    const made = this.#author.next(options);
    return native(() => new SnapshotDiff(MADE_HERE, view.diff(...this.#where(), made)));
  }

  /**
   * Merges what somebody else has changed into the memory, all of it or nothing. What the memory itself has changed since its
   * baseline counts as an earlier diff. The baseline stays as it is: a reset undoes it.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_NO_BASELINE`; `ERR_PAGEFOLD_STALE_BASE` when the diff was made against anything but
   * what the memory shows and has no originals; `ERR_PAGEFOLD_SIZE_MISMATCH` when the memory is shorter than the changed one;
   * `ERR_PAGEFOLD_MERGE_CONFLICT` and `ERR_PAGEFOLD_PRODUCT_UNDEFINED`, with `conflicts`.
   */
  apply(diff: SnapshotDiff): ApplyReport {
    const applied = nativeDiff(diff);
    const view = this.#alive();
    return applyReport(native(() => view.apply(...this.#where(), applied)));
  }

  /**
   * The pages that differ from the baseline. Changes nothing: asked again, it answers the same. What the tracker reports
   * is compared with the baseline, so a page that was written with what it held before is not among them. Where other
   * memory was put ({@link MemoryView.map}, {@link MemoryView.discard}) all pages are, until the next reset.
   *
   * With `rearm`: the pages that have changed since the last such call.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_NO_BASELINE` before the first {@link MemoryView.snapshot}.
   */
  dirty(options?: DirtyOptions): DirtyReport {
    const { rearm = false } = checkOptions(options);
    if (typeof rearm !== 'boolean') throw wrongType(rearm, 'rearm', 'a boolean');
    const view = this.#alive();
    const where = this.#where();
    const { pageCount, runs, lost } = native(() => (rearm ? view.takeDirty(...where) : view.dirty(...where)));
    return new DirtyPages(pageCount, runs, lost, pageByteLength(), where[2]);
  }

  /**
   * Puts pages of a region in place of pages of this memory: what is written to them here is read in the region, in the file
   * behind it, and wherever else they are mapped, at once and without a copy. Of a file that was opened copy-on-write,
   * the pages show what the file holds, and what is written to them stays here.
   *
   * The next reset or {@link MemoryView.restore} puts the baseline in their place; {@link MemoryView.snapshot} captures what
   * they hold, and puts the captured pages there. {@link MemoryView.discard} ends it earlier. When the view or the region
   * is disposed they stay. When the engine moves the memory in order to grow it, which it does only without room to grow
   * in place, the new place gets a copy of what they hold.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_UNSUPPORTED` for a region that was not allocated with `mappable: true`, and on Bun
   * for a shared one in a WebAssembly memory: it would be overwritten when the memory is collected;
   * `ERR_PAGEFOLD_OUT_OF_RANGE`, `ERR_PAGEFOLD_UNALIGNED`; `ERR_PAGEFOLD_OUT_OF_MEMORY` when the process has few mappings
   * left: each run of mapped pages takes up to two of some 65,530.
   */
  map(region: Region, options: MapOptions): void {
    const parts = regionParts(region);
    const placed = checkMapOptions(options);
    const view = this.#alive();
    const { native: source, byteLength: available, shared } = parts();
    const where = this.#where();
    const place = placed(available, where[2]);
    if (shared && this.#source.sharedRefusal !== undefined) {
      throw new PagefoldError(
        'ERR_PAGEFOLD_UNSUPPORTED',
        `${this.#source.sharedRefusal}; map it into the view of a region, or open the file copy-on-write`,
      );
    }
    native(() => view.map(...where, source, place));
  }

  /**
   * Gives the memory of a range back to the system. It holds zeros afterwards, or the baseline; a reset brings the baseline
   * back. For what a guest has freed: zeros for a range that has other contents in the baseline take up to two of the
   * process's mappings until then, so that few long ranges are better than many short ones.
   *
   * @param byteOffset first byte, a multiple of the page size
   * @param byteLength length in bytes, a multiple of the page size unless it reaches the end of the view
   * @throws {PagefoldError} `ERR_PAGEFOLD_OUT_OF_RANGE`, `ERR_PAGEFOLD_UNALIGNED`; `ERR_PAGEFOLD_NO_BASELINE` when there is
   * none to be shown; `ERR_PAGEFOLD_OUT_OF_MEMORY` when the process has few mappings left.
   */
  discard(byteOffset: number, byteLength: number, options?: DiscardOptions): void {
    const offset = checkBytes(byteOffset, 'byteOffset');
    const length = checkBytes(byteLength, 'byteLength', 1);
    const { contents: wanted = 'zero' } = checkOptions(options);
    const contents = checkChoice(wanted, 'contents', ['zero', 'baseline']);
    const view = this.#alive();
    const where = this.#where();
    checkPages(offset, length, where[2], 'view');
    native(() =>
      contents === 'zero' ? view.discard(...where, offset, length) : view.discardToBaseline(...where, offset, length),
    );
  }

  /**
   * Gives private pages that hold the baseline back to the system, until at most so many bytes are private: those that were
   * not written lately first. Contents stay as they are. For a memory that will be idle for a while: about 30 ns a
   * resident page, 0.2 µs for each that is given back, and 2 µs at the next write to it.
   *
   * @param byteLength what may stay private; the option `idleByteLength` of the view, or 0, by default
   * @throws {PagefoldError} `ERR_PAGEFOLD_NO_BASELINE`; `ERR_PAGEFOLD_SYSTEM` where the system does not tell which pages are
   * private.
   */
  trim(byteLength?: number): TrimReport {
    const keep = byteLength === undefined ? this.#idleByteLength : checkBytes(byteLength, 'byteLength');
    const view = this.#alive();
    const { released, private: left } = native(() => view.trim(...this.#where(), pagesIn(keep)));
    return { pagesReleased: released, privateByteLength: left * pageByteLength() };
  }

  /**
   * Makes private copies of the pages that memories with this baseline are known to write in every cycle, ahead of time: the
   * next guest then takes no fault for them. About 1.2 µs a page. Nothing is known before some cycles of one memory.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_NO_BASELINE`; `ERR_PAGEFOLD_OUT_OF_MEMORY` when there is no room.
   */
  prefault(): PrefaultReport {
    const view = this.#alive();
    return { pageCount: native(() => view.prefault(...this.#where())) };
  }

  /**
   * How much memory stands behind the view: of its own, and shared with other memories of the same snapshot. Reads and
   * changes nothing. About 0.7 ms for 64 MiB in memory.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_SYSTEM` when the kernel does not tell, as in a process that is not dumpable.
   */
  residency(): ResidencyReport {
    const view = this.#alive();
    const where = this.#where();
    return residencyReport(
      where[2],
      native(() => view.residency(...where)),
    );
  }

  /** Ends tracking. The memory keeps its contents and can be adopted again. Idempotent. */
  dispose(): void {
    const view = this.#native;
    if (view === undefined) return;
    this.#native = undefined;
    this.#baseline = undefined;
    this.#bytes = undefined;
    untrack(this.#source.owner, this.#range);
    const buffer = this.#source.bufferIfAlive();
    const byteLength = buffer === undefined ? 0 : this.#source.byteLength(buffer);
    native(() => view.dispose(buffer, this.#source.byteOffset, byteLength));
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** @internal */
  [INSPECT](_depth: number, options: InspectOptionsStylized, inspect: (value: unknown) => string): string {
    const properties = (): object => {
      const buffer = this.#source.bufferIfAlive();
      const byteLength = buffer === undefined ? 'its memory is gone' : this.#source.byteLength(buffer);
      const { tracker, rejected, baseline } = this;
      return { byteLength, tracker, ...(rejected.length > 0 && { rejected }), baseline };
    };
    const state = stateOf(#native in this, () => this.disposed);
    return inspected('MemoryView', state, properties, options, inspect);
  }

  #alive(): NativeView {
    if (this.#native === undefined) throw new PagefoldError('ERR_PAGEFOLD_DISPOSED', 'the view was disposed');
    return this.#native;
  }

  /** For the addon: the buffer as it is now, and the range of it that the view covers. */
  #where(): [buffer: ArrayBuffer, byteOffset: number, byteLength: number] {
    const buffer = this.#source.buffer();
    return [buffer, this.#source.byteOffset, this.#source.byteLength(buffer)];
  }

  #report(view: NativeView, operation: 'reset' | 'restore'): ResetReport {
    const report = this.#slots.read(this.#tracker, view);
    this.#tracker = report.tracker;
    // Asked in place, because few programs reset so often that the engine compiles calls away.
    const large = report.pagesRestored >= threshold.pages;
    if (large || RESET.hasSubscribers || measures.enabled) publishReset(operation, this, report);
    return report;
  }
}
