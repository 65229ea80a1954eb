import process from 'node:process';
import type { InspectOptionsStylized } from 'node:util';

import type { NativeView } from '../native/index.cjs';
import { binding } from './binding.ts';
import { checkChoice, checkOptions } from './check.ts';
import { native, PagefoldError, translated } from './errors.ts';
import { INSPECT, inspected, stateOf } from './inspect.ts';
import { checkMadeHere, MADE_HERE, type MadeHere } from './made-here.ts';
import { checkUntracked, track, untrack, type TrackedRange } from './occupancy.ts';
import { pageByteLength } from './page.ts';
import { ReportSlots, type DirtyRange, type DirtyReport, type ResetReport, type ResidencyReport } from './report.ts';
import { nativeSnapshot, Snapshot } from './snapshot.ts';
import { MemorySource, type Source } from './source.ts';
import {
  disabledTrackers,
  TRACKER_CHOICES,
  type RejectedTracker,
  type TrackerChoice,
  type TrackerKind,
} from './tracker.ts';
import { checkMemory } from './wasm/memory.ts';

/** Options of a new {@link MemoryView}. */
export interface ViewOptions {
  /**
   * How changed pages are found.
   *
   * @default the environment variable `PAGEFOLD_TRACKER`, else 'auto'
   */
  tracker?: TrackerChoice | undefined;
}

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
  #native: NativeView | undefined;
  #tracker: TrackerKind;
  #baseline: Snapshot | undefined;
  #bytes: Uint8Array<ArrayBuffer> | undefined;

  /** @internal */
  constructor(made: MadeHere, source: Source, range: TrackedRange, options: ViewOptions | undefined) {
    checkMadeHere(made, 'a MemoryView is made by MemoryView.adopt() or Region.view()');
    const wanted = checkOptions(options).tracker ?? (process.env['PAGEFOLD_TRACKER'] || 'auto');
    const choice = checkChoice(wanted, 'tracker', TRACKER_CHOICES);
    checkUntracked(source.owner, range);
    const { NativeView } = binding();
    const buffer = source.buffer();
    this.#source = source;
    this.#range = range;
    const view = native(
      () =>
        new NativeView(
          buffer,
          source.byteOffset,
          source.byteLength(buffer),
          source.claimByteLength,
          choice,
          disabledTrackers(),
        ),
    );
    this.#native = view;
    this.#reset = native(() => view.resetter(source.byteOffset));
    this.#tracker = view.tracker() as TrackerKind;
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

  /** Whether {@link MemoryView.dispose} was called. */
  get disposed(): boolean {
    return this.#native === undefined;
  }

  /**
   * Captures the memory as it is and makes that the baseline. Copies it once, about 0.3 ms a MiB in use.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_OUT_OF_MEMORY` when there is no room; everything is then as before.
   */
  snapshot(): Snapshot {
    const view = this.#alive();
    const buffer = this.#source.buffer();
    const snapshot = native(() => view.snapshot(buffer, this.#source.byteOffset, this.#source.byteLength(buffer)));
    this.#baseline = new Snapshot(MADE_HERE, snapshot);
    this.#tracker = view.tracker() as TrackerKind;
    return this.#baseline;
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
    return this.#report(view);
  }

  /**
   * Puts the memory back to the baseline, at the cost of the pages that changed. Pages by which the memory has grown
   * since become zero; a memory cannot shrink.
   *
   * Call it when nothing of the guest is on the stack. State beside the memory (globals, tables, JavaScript) is not
   * touched: see `InstanceSnapshot` of `pagefold/wasm`.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_NO_BASELINE` before the first {@link MemoryView.snapshot}.
   */
  reset(): ResetReport {
    const view = this.#alive();
    const buffer = this.#source.buffer();
    this.#slots.setByteLength(this.#source.byteLength(buffer));
    try {
      this.#reset(buffer, this.#slots.buffer);
    } catch (thrown) {
      throw translated(thrown);
    }
    return this.#report(view);
  }

  /**
   * The pages that differ from the baseline. Changes nothing: asked again, it answers the same. What the tracker reports
   * is compared with the baseline, so a page that was written with what it held before is not among them.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_NO_BASELINE` before the first {@link MemoryView.snapshot}.
   */
  dirty(): DirtyReport {
    const view = this.#alive();
    const buffer = this.#source.buffer();
    const total = this.#source.byteLength(buffer);
    const found = native(() => view.dirty(buffer, this.#source.byteOffset, total));
    const page = pageByteLength();
    const ranges: DirtyRange[] = [];
    let byteLength = 0;
    for (let index = 0; index < found.runs.length; index += 2) {
      const byteOffset = (found.runs[index] ?? 0) * page;
      // The last page of a region may be used in part.
      const end = Math.min(byteOffset + (found.runs[index + 1] ?? 0) * page, total);
      ranges.push({ byteOffset, byteLength: end - byteOffset });
      byteLength += end - byteOffset;
    }
    const report = { pageCount: found.pageCount, byteLength, ranges };
    return found.lost == null ? { ...report, exact: true } : { ...report, exact: false, reason: found.lost };
  }

  /**
   * How much memory stands behind the view: of its own, and shared with other memories of the same snapshot. Reads and
   * changes nothing. About 0.7 ms for 64 MiB in memory.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_SYSTEM` when the kernel does not tell, as in a process that is not dumpable.
   */
  residency(): ResidencyReport {
    const view = this.#alive();
    const buffer = this.#source.buffer();
    const byteLength = this.#source.byteLength(buffer);
    const pages = native(() => view.residency(buffer, this.#source.byteOffset, byteLength));
    const page = pageByteLength();
    return {
      byteLength,
      residentByteLength: pages.resident * page,
      privateByteLength: pages.private * page,
      sharedByteLength: pages.shared * page,
      swappedByteLength: pages.swapped * page,
    };
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

  #report(view: NativeView): ResetReport {
    const report = this.#slots.read(this.#tracker, view);
    // Only mapping anew can change the tracker.
    if (report.strategy !== 'remap') return report;
    this.#tracker = view.tracker() as TrackerKind;
    return { ...report, tracker: this.#tracker };
  }
}
