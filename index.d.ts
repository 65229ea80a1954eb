/** Options of operations that can be stopped. */
export interface AbortOptions {
  /** Stops the operation between two chunks; it then rejects with `ERR_PAGEFOLD_ABORTED`, and nothing has changed. */
  signal?: AbortSignal | undefined;
}

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

/**
 * Sets the budget of this thread. Every thread has its own, because only its own turns give anything back.
 *
 * @throws {PagefoldError} `ERR_PAGEFOLD_OUT_OF_RANGE`
 */
export function setBudget(budget: Budget): void;

/** A facility or tracker: there, or absent for a reason. */
export interface DoctorFinding {
  readonly name: string;
  readonly available: boolean;

  /** Why it is absent. */
  readonly reason?: string;
}

/** What works on this machine, what does not, and why. */
export interface DoctorReport {
  /** Whether pagefold works here at all. */
  readonly supported: boolean;

  /** Why it does not. */
  readonly reason?: string;

  /** Version of the addon. */
  readonly pagefold?: string;
  readonly platform: string;
  readonly arch: string;

  /** Release of the running kernel, where it tells. */
  readonly kernel?: string;
  readonly runtime: {
    readonly name: 'node' | 'bun' | 'deno';
    readonly version: string;
  };

  /** Bytes a page. */
  readonly pageByteLength?: number;

  /** What `auto` chooses here. */
  readonly tracker?: TrackerKind;

  /** Every tracker, best first. */
  readonly trackers: readonly DoctorFinding[];

  /** Every facility that was probed. */
  readonly capabilities: readonly DoctorFinding[];
}

/** Examines this process. Never throws: what does not work is in the report. Probes run once per process. */
export function doctor(): DoctorReport;

/** Every code that an error of pagefold can have. They never change; new ones may be added. */
export type ErrorCode =
  | 'ERR_PAGEFOLD_ABORTED'
  | 'ERR_PAGEFOLD_BUDGET'
  | 'ERR_PAGEFOLD_BUSY'
  | 'ERR_PAGEFOLD_DETACHED'
  | 'ERR_PAGEFOLD_DIFF_CORRUPT'
  | 'ERR_PAGEFOLD_DISPOSED'
  | 'ERR_PAGEFOLD_DUPLICATE_DIFF'
  | 'ERR_PAGEFOLD_EXTERNAL_BUFFERS'
  | 'ERR_PAGEFOLD_GUEST_LOST'
  | 'ERR_PAGEFOLD_ILLEGAL_REGION'
  | 'ERR_PAGEFOLD_INVALID_ARGUMENT'
  | 'ERR_PAGEFOLD_LEASE_LOST'
  | 'ERR_PAGEFOLD_MEMORY64'
  | 'ERR_PAGEFOLD_MERGE_CONFLICT'
  | 'ERR_PAGEFOLD_NOT_A_DIFF'
  | 'ERR_PAGEFOLD_NOT_A_SNAPSHOT'
  | 'ERR_PAGEFOLD_NOT_WASM_MEMORY'
  | 'ERR_PAGEFOLD_NO_BASELINE'
  | 'ERR_PAGEFOLD_NO_ORIGINALS'
  | 'ERR_PAGEFOLD_OUT_OF_MEMORY'
  | 'ERR_PAGEFOLD_OUT_OF_RANGE'
  | 'ERR_PAGEFOLD_OVER_MAX'
  | 'ERR_PAGEFOLD_PARTIAL_ELEMENT'
  | 'ERR_PAGEFOLD_POOL_CLOSED'
  | 'ERR_PAGEFOLD_POOL_TIMEOUT'
  | 'ERR_PAGEFOLD_PRODUCT_UNDEFINED'
  | 'ERR_PAGEFOLD_REGION_OVERLAP'
  | 'ERR_PAGEFOLD_SHARED_MEMORY'
  | 'ERR_PAGEFOLD_SIZE_MISMATCH'
  | 'ERR_PAGEFOLD_SNAPSHOT_CORRUPT'
  | 'ERR_PAGEFOLD_SNAPSHOT_TOO_LARGE'
  | 'ERR_PAGEFOLD_STALE_BASE'
  | 'ERR_PAGEFOLD_STALE_VIEW'
  | 'ERR_PAGEFOLD_SYSTEM'
  | 'ERR_PAGEFOLD_UNALIGNED'
  | 'ERR_PAGEFOLD_UNRESTORABLE'
  | 'ERR_PAGEFOLD_UNSUPPORTED'
  | 'ERR_PAGEFOLD_VERIFY';

/** What a {@link PagefoldError} can carry beside its code and message. */
export interface PagefoldErrorOptions extends ErrorOptions {
  /** The error number of the system call that failed. */
  errno?: number | undefined;

  /** The system call that failed. */
  syscall?: string | undefined;

  /** The byte of the memory that the error is about. */
  byteOffset?: number | undefined;

  /** The ranges that could not be merged. */
  conflicts?: readonly MergeConflict[] | undefined;
}

/** A range that two diffs have changed and cannot both have. */
export interface MergeConflict {
  /** First byte. */
  readonly byteOffset: number;

  /** Length in bytes. */
  readonly byteLength: number;

  /** Who made the diff that is merged first. */
  readonly first: DiffAuthor;

  /** Who made the other one. */
  readonly second: DiffAuthor;
}

/** Who made a diff, and which of theirs it is. Diffs are merged in ascending order of origin, then of sequence. */
export interface DiffAuthor {
  /** Who. */
  readonly origin: number;

  /** The running number of the diff there. */
  readonly sequence: number;
}

/**
 * The error that every function of pagefold throws. An operation that throws has changed nothing, apart from a reset that
 * finds afterwards that it was not complete (`ERR_PAGEFOLD_VERIFY`).
 *
 * `code` is stable and documented in docs/errors.md; the message says what was wrong and what to do.
 */
export class PagefoldError extends Error {
  readonly name = 'PagefoldError';

  /** What went wrong, for programs. */
  readonly code: ErrorCode;

  /** The error number of the system call that failed, where one did. */
  readonly errno?: number;

  /** The system call that failed, where one did. */
  readonly syscall?: string;

  /** With `ERR_PAGEFOLD_VERIFY`: the first byte of the view that differs from its baseline. */
  readonly byteOffset?: number;

  /**
   * With `ERR_PAGEFOLD_MERGE_CONFLICT` and `ERR_PAGEFOLD_PRODUCT_UNDEFINED`: what could not be merged, ascending, up to 256
   * ranges.
   */
  readonly conflicts?: readonly MergeConflict[];
  constructor(code: ErrorCode, message: string, options?: PagefoldErrorOptions);
}

/** What is published on the channel `pagefold:snapshot`: a snapshot was made, or has a new version. */
export interface SnapshotMessage {
  /**
   * `capture`: contents were copied, from the view if there is one. `open`: it was read from a file. `fork`: it goes on from
   * another one. `sync`: changes were merged into its next version.
   */
  readonly operation: 'capture' | 'open' | 'fork' | 'sync';

  /** The snapshot. */
  readonly snapshot: Snapshot;

  /** The view whose baseline it has become, if it was captured by one. */
  readonly view: MemoryView | undefined;

  /** What there is now, and what it took. */
  readonly report: SnapshotReport;
}

/** What making a snapshot, or a version of it, has led to. */
export interface SnapshotReport {
  /** The version of the snapshot. */
  readonly version: number;

  /** Length of that version in bytes. */
  readonly byteLength: number;

  /** Bytes of its pages that are not all zero. */
  readonly storedByteLength: number;

  /** Time spent, with the call from JavaScript. */
  readonly microseconds: number;
}

/**
 * What is published on the channel `pagefold:reset`: a view shows its baseline again, or has taken another one. When it was
 * the reset of an instance, this is an `InstanceResetMessage` of `pagefold/wasm`.
 */
export interface ResetMessage {
  /** `reset`: back to the baseline. `restore`: another snapshot has become the baseline. */
  readonly operation: 'reset' | 'restore';

  /** The view. */
  readonly view: MemoryView;

  /** What the caller gets, or the part of it that is about the memory. */
  readonly report: ResetReport;
}

/** What is published on the channel `pagefold:lease`: something of a pool has changed hands. */
export interface LeaseMessage<Pool extends object = object, Lease extends object = object> {
  /**
   * `acquire`: somebody has it now. `release`: it was given back. `discard`: it will not be handed out again, because it was given
   * back so, was taken away, or could not be put back after its release. `rebuild`: the pool has made another one, in place of
   * such a one or because there are to be more.
   */
  readonly operation: 'acquire' | 'release' | 'discard' | 'rebuild';

  /** The pool. */
  readonly pool: Pool;

  /** The lease; `undefined` where there is none (any more): for `rebuild`, and for `discard` after the release. */
  readonly lease: Lease | undefined;

  /**
   * `acquire`: how long it was waited for. `release` and `discard`: how long it was held. `rebuild`: how long that took. 0
   * where no time was taken, because nobody listened yet when it began.
   */
  readonly microseconds: number;

  /** Why, in a word, for `discard` and `rebuild`: `trap`, `timeout`, `grown` … */
  readonly reason: string | undefined;
}

/**
 * What is published on the channel `pagefold:copy`: bytes were copied, at least as many as
 * {@link DiagnosticsOptions.copyByteLength}.
 */
export interface CopyMessage {
  /**
   * Why. `capture`, `open`, `save`, `compact`, `read`, `write`, `changes`, `encode`: the method of that name. `diff`: a diff owns
   * its bytes. `entries`: iterating over a diff. `shared-bytes`: an argument lies in memory that other threads may write to,
   * so that a copy of it was taken first. `copy-back`, `copy-all`, `release`, `forward`: a reset has put so much back, in the way
   * that {@link ResetReport.strategy} names; with `forward`, some of the pages may have been mapped instead.
   */
  readonly reason:
    | 'capture'
    | 'changes'
    | 'compact'
    | 'copy-all'
    | 'copy-back'
    | 'diff'
    | 'encode'
    | 'entries'
    | 'forward'
    | 'open'
    | 'read'
    | 'release'
    | 'save'
    | 'shared-bytes'
    | 'write';

  /** How many bytes. */
  readonly byteLength: number;

  /** What they were copied from or to; `undefined` for files and arguments. */
  readonly subject: MemoryView | Snapshot | SnapshotDiff | undefined;
}

/** What {@link configureDiagnostics} changes. What is left out stays as it is. */
export interface DiagnosticsOptions {
  /**
   * From how many bytes on a copy is published on the channel `pagefold:copy`. 0 publishes all.
   *
   * @default 2 ** 20
   */
  copyByteLength?: number | undefined;

  /**
   * Whether snapshots, resets and leases are entered into the performance timeline, as `measure` entries named
   * `pagefold:snapshot`, `pagefold:reset` and `pagefold:lease`. It keeps at most 8,192 of them; observers see all.
   *
   * @default whether the environment has `PAGEFOLD_DEBUG=measures`
   */
  measures?: boolean | undefined;
}

/**
 * Says what is told to those who listen, in this thread. The channels are those of `node:diagnostics_channel`, see
 * docs/observability.md; without subscribers they cost nothing.
 *
 * @example
 * import { subscribe } from 'node:diagnostics_channel';
 *
 * configureDiagnostics({ copyByteLength: 2 ** 24 });
 * subscribe('pagefold:copy', (message) => console.warn('a large copy:', message));
 */
export function configureDiagnostics(options: DiagnosticsOptions): void;

/** A range of bytes. */
export interface ByteRange {
  /** First byte. */
  readonly byteOffset: number;

  /** Length in bytes. */
  readonly byteLength: number;
}

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

/** The change of one element, to look at: a merge computes with the values themselves. */
export interface ElementDelta {
  /** Where the element begins in the memory. */
  readonly byteOffset: number;

  /**
   * With `o` the value in the base and `u` the changed one: `u - o` for `sum`, `o - u` for `subtract`, `u / o` for
   * `product`, `o ^ u` for `xor`, `u` for everything else. Integers of 64 bits are BigInts, a `bool` is a boolean.
   * `undefined` where there is no ratio.
   */
  readonly value: number | bigint | boolean | undefined;
}

/** One run of changed bytes. */
export interface DiffEntry {
  /** Where it begins in the memory. */
  readonly byteOffset: number;

  /** Length in bytes, a multiple of the width of the type. */
  readonly byteLength: number;

  /** What the bytes mean. */
  readonly type: ElementType;

  /** How they are merged. */
  readonly operation: MergeOperation;

  /** Whether each element differs from the base. If not, some that do not join two runs; they are never merged. */
  readonly exact: boolean;

  /** The bytes of the changed memory: a part of a copy that all entries of one iteration share. */
  readonly bytes: Uint8Array<ArrayBuffer>;

  /** What the base has there, if the diff carries that; zeros past its end. */
  readonly original?: Uint8Array<ArrayBuffer>;

  /**
   * The change of each changed element, ascending. Made anew whenever it is read, an object for each: to look at.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_NO_ORIGINALS` when the diff does not carry what the base has.
   */
  readonly delta: readonly ElementDelta[];
}

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

/** Options of {@link MemoryView.dirty}. */
export interface DirtyOptions {
  /**
   * Tells what has changed since the last such call, or since the last reset, and forgets it in the same step: what is
   * written meanwhile is in this report or in the next one. A reset still puts all of it back. A tracker that cannot
   * forget reports the same pages again, and says so.
   *
   * @default false
   */
  rearm?: boolean | undefined;
}

/** A run of whole pages, in bytes. */
export interface DirtyRange {
  readonly byteOffset: number;
  readonly byteLength: number;
}

/** Pages that have changed. Iterating over it, or `forEach`, makes no array of its ranges. */
export interface DirtyReport extends Iterable<DirtyRange> {
  /** How many pages. */
  readonly pageCount: number;

  /** The same in bytes. */
  readonly byteLength: number;

  /** How many ranges. */
  readonly rangeCount: number;

  /** Them, ascending; neighbours are joined. Made when first read. */
  readonly ranges: readonly DirtyRange[];

  /**
   * `false` when the tracker could not tell, and more pages are reported than have changed: all of them, or some again.
   * Never the other way round: a page that is not reported has not changed.
   */
  readonly exact: boolean;

  /** Why it could not tell. */
  readonly reason?: string;

  /** Calls `visit` for each range, ascending. Makes no objects. */
  forEach(visit: (byteOffset: number, byteLength: number) => void): void;
}

/** Something that is alive: reachable, or dead and not noticed yet. */
export interface Leak {
  /** What it is. */
  readonly kind: 'region' | 'snapshot' | 'diff' | 'view' | 'pool';

  /** Bytes that it owns outside the engine's heap. A view owns none. */
  readonly byteLength: number;

  /** Where it was made. `undefined` unless the environment variable `PAGEFOLD_DEBUG` has `leaks` among its words. */
  readonly stack: string | undefined;
}

/**
 * All regions, pools, snapshots, diffs and views of this thread that were not disposed and that no garbage collection has been seen
 * to clean up. Those that were dropped are among them until then.
 */
export function leaks(): Leak[];

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
  #private;
  private constructor();

  /**
   * A view of all of a WebAssembly memory, following its growth. The memory stays the engine's: pagefold replaces the
   * pages behind its addresses, never the addresses.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_NOT_WASM_MEMORY`; `ERR_PAGEFOLD_SHARED_MEMORY`; `ERR_PAGEFOLD_MEMORY64`;
   * `ERR_PAGEFOLD_OUT_OF_RANGE` for an empty memory; `ERR_PAGEFOLD_BUSY` when it is adopted already;
   * `ERR_PAGEFOLD_UNSUPPORTED`, with the reason, when the tracker does not work here.
   */
  static adopt(memory: WebAssembly.Memory, options?: ViewOptions): MemoryView;

  /** The bytes, without a copy. Read it anew after anything that can grow the memory. */
  get bytes(): Uint8Array<ArrayBuffer>;

  /** Length in bytes, now. */
  get byteLength(): number;

  /** The tracker in use. */
  get tracker(): TrackerKind;

  /** With `auto`: the better trackers that cannot be used, and why. */
  get rejected(): readonly RejectedTracker[];

  /** The state that {@link MemoryView.reset} goes back to. */
  get baseline(): Snapshot | undefined;

  /** Whether {@link MemoryView.dispose} was called, or the lease has ended whose slot it is. */
  get disposed(): boolean;

  /**
   * Captures the memory as it is and makes that the baseline. Copies it once, about 0.3 ms a MiB in use, apart from what
   * it has in common with the snapshot `like`.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_OUT_OF_MEMORY` when there is no room; `ERR_PAGEFOLD_OVER_MAX` when the memory is longer
   * than `maxByteLength`; those of {@link MergeRules} when the rules are not for that length. Everything is then as before.
   */
  snapshot(options?: CaptureOptions): Snapshot;

  /**
   * Gives the memory the contents of `snapshot`, whose pages it shares until it writes to them, and makes that the
   * baseline. What lies past the end of the snapshot becomes zero.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_SNAPSHOT_TOO_LARGE` when the memory is shorter: grow it first.
   */
  restore(snapshot: Snapshot): ResetReport;

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
  reset(options?: ResetOptions): ResetReport;

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
  diff(options?: AuthoredDiffOptions): SnapshotDiff;

  /**
   * Merges what somebody else has changed into the memory, all of it or nothing. What the memory itself has changed since its
   * baseline counts as an earlier diff. The baseline stays as it is: a reset undoes it.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_NO_BASELINE`; `ERR_PAGEFOLD_STALE_BASE` when the diff was made against anything but
   * what the memory shows and has no originals; `ERR_PAGEFOLD_SIZE_MISMATCH` when the memory is shorter than the changed one;
   * `ERR_PAGEFOLD_MERGE_CONFLICT` and `ERR_PAGEFOLD_PRODUCT_UNDEFINED`, with `conflicts`.
   */
  apply(diff: SnapshotDiff): ApplyReport;

  /**
   * The pages that differ from the baseline. Changes nothing: asked again, it answers the same. What the tracker reports
   * is compared with the baseline, so a page that was written with what it held before is not among them. Where other
   * memory was put ({@link MemoryView.map}, {@link MemoryView.discard}) all pages are, until the next reset.
   *
   * With `rearm`: the pages that have changed since the last such call.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_NO_BASELINE` before the first {@link MemoryView.snapshot}.
   */
  dirty(options?: DirtyOptions): DirtyReport;

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
  map(region: Region, options: MapOptions): void;

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
  discard(byteOffset: number, byteLength: number, options?: DiscardOptions): void;

  /**
   * Gives private pages that hold the baseline back to the system, until at most so many bytes are private: those that were
   * not written lately first. Contents stay as they are. For a memory that will be idle for a while: about 30 ns a
   * resident page, 0.2 µs for each that is given back, and 2 µs at the next write to it.
   *
   * @param byteLength what may stay private; the option `idleByteLength` of the view, or 0, by default
   * @throws {PagefoldError} `ERR_PAGEFOLD_NO_BASELINE`; `ERR_PAGEFOLD_SYSTEM` where the system does not tell which pages are
   * private.
   */
  trim(byteLength?: number): TrimReport;

  /**
   * Makes private copies of the pages that memories with this baseline are known to write in every cycle, ahead of time: the
   * next guest then takes no fault for them. About 1.2 µs a page. Nothing is known before some cycles of one memory.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_NO_BASELINE`; `ERR_PAGEFOLD_OUT_OF_MEMORY` when there is no room.
   */
  prefault(): PrefaultReport;

  /**
   * How much memory stands behind the view: of its own, and shared with other memories of the same snapshot. Reads and
   * changes nothing. About 0.7 ms for 64 MiB in memory.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_SYSTEM` when the kernel does not tell, as in a process that is not dumpable.
   */
  residency(): ResidencyReport;

  /** Ends tracking. The memory keeps its contents and can be adopted again. Idempotent. */
  dispose(): void;
  [Symbol.dispose](): void;
}

/**
 * What the bytes of a merge region mean. Values are little-endian everywhere; no alignment is required. `raw` is opaque
 * bytes; of a `bool`, every byte but zero is true.
 */
export type ElementType = 'raw' | 'bool' | 'i8' | 'u8' | 'i16' | 'u16' | 'i32' | 'u32' | 'i64' | 'u64' | 'f32' | 'f64';

/**
 * How changes of several origins to one element become one value. With `o` the value in the base, `u` the changed one and
 * `s` what earlier diffs of the same merge have made of it:
 *
 * | operation | the first diff gives | later ones give | for |
 * | --- | --- | --- | --- |
 * | `overwrite` | `u` | `u`: the last one wins | all types |
 * | `sum`, `subtract` | `u` | `s + (u - o)` | numbers; integers wrap |
 * | `product` | `u` | `s * u / o`, which must be defined | numbers; integers wrap |
 * | `max`, `min` | the larger, the smaller of `o` and `u` | the same of `s` and `u` | numbers |
 * | `xor` | `u` | `s ^ o ^ u` | integers, `bool`, `raw` |
 * | `and`, `or` | `o & u`, `o \| u` | `s & u`, `s \| u` | integers, `bool`, `raw` |
 * | `first-writer` | `u` | `s`: the first one wins | all types |
 * | `conflict` | `u` | `ERR_PAGEFOLD_MERGE_CONFLICT` | all types |
 * | `ignore` | `o`: it is in no diff | | all types |
 *
 * Past the end of the base there is no `o`: the first diff gives `u`, and later ones take `o` for zero.
 */
export type MergeOperation =
  | 'overwrite'
  | 'sum'
  | 'subtract'
  | 'product'
  | 'max'
  | 'min'
  | 'xor'
  | 'and'
  | 'or'
  | 'ignore'
  | 'first-writer'
  | 'conflict';

/** One range of a memory: an array of elements of one type, merged in one way. Give its length in bytes or in elements. */
export interface MergeRegion {
  /** First byte. */
  byteOffset: number;

  /** Length in bytes, a multiple of the width of the type, or `'end'`: as far as a memory can grow. */
  byteLength?: number | 'end' | undefined;

  /** Length in elements. */
  count?: number | undefined;

  /** What the bytes mean. */
  type: ElementType | 'int' | 'long' | 'float' | 'double';

  /** How they are merged. */
  operation: MergeOperation;
}

/** A merge region as it was declared: its length in bytes, its type by its first name. */
export interface DeclaredMergeRegion extends MergeRegion {
  readonly byteOffset: number;
  readonly byteLength: number | 'end';
  readonly type: ElementType;
  readonly operation: MergeOperation;
}

/** A stretch of a memory that is merged in one way, masks and gaps taken into account. */
export interface MergeCoverage {
  /** First byte. */
  readonly byteOffset: number;

  /** Length in bytes, at least 1. */
  readonly byteLength: number;

  /** What the bytes mean; `raw` in gaps and where they are ignored. */
  readonly type: ElementType;

  /** How they are merged. */
  readonly operation: MergeOperation;
}

/** Options of new {@link MergeRules}. */
export interface MergeRulesOptions {
  /**
   * How single bytes outside of regions are merged: what is legal for `raw`.
   *
   * @default 'overwrite'
   */
  gap?: MergeOperation | undefined;

  /**
   * The longest that a memory may be, in bytes, which is what regions to the `'end'` reach.
   *
   * @default 2 ** 32
   */
  maxByteLength?: number | undefined;
}

/** {@link MergeRules} as plain data: what `JSON.stringify` makes of them, and {@link MergeRules.fromJSON} reads. */
export interface MergeRulesJSON {
  readonly regions: readonly DeclaredMergeRegion[];
  readonly gap: MergeOperation;
  readonly maxByteLength: number;
}

/**
 * How the changes of several memories to one state are merged: typed regions, each with an operation, and what holds in the
 * gaps between them. Immutable; every region is checked when the rules are made. The order of the regions never matters.
 *
 * @example
 * const rules = new MergeRules([
 *   { byteOffset: 1024, count: 100, type: 'i32', operation: 'sum' },      // counters: all increments count
 *   { byteOffset: 4096, byteLength: 8192, type: 'raw', operation: 'ignore' }, // scratch space: never merged
 * ]);
 */
export class MergeRules {
  #private;

  /**
   * At most 65,536 regions.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_ILLEGAL_REGION` for an operation that the type does not have, a length that is zero or
   * no multiple of the width, an end past `maxByteLength`, or a region to be ignored that cuts an element in two;
   * `ERR_PAGEFOLD_REGION_OVERLAP` when two regions overlap and neither is to be ignored; `ERR_PAGEFOLD_OUT_OF_RANGE` and
   * `ERR_PAGEFOLD_INVALID_ARGUMENT` for numbers and words that are none.
   */
  constructor(regions?: Iterable<MergeRegion>, options?: MergeRulesOptions);

  /**
   * Rules from what {@link MergeRules.toJSON} gave, checked as in the constructor.
   *
   * @throws {PagefoldError} as the constructor does.
   */
  static fromJSON(value: MergeRulesJSON): MergeRules;

  /** What was declared, ascending by offset. */
  get regions(): readonly DeclaredMergeRegion[];

  /** How single bytes outside of regions are merged. */
  get gap(): MergeOperation;

  /** The longest that a memory may be, in bytes. */
  get maxByteLength(): number;

  /**
   * What holds for each byte of a range, gaps and ignored ranges included: ascending stretches without holes between them. None
   * crosses the border of a region; the range may cut elements.
   *
   * @param byteLength up to `maxByteLength` by default, where it ends in any case
   * @throws {PagefoldError} `ERR_PAGEFOLD_OUT_OF_RANGE` when it is no range of bytes.
   */
  coverage(byteOffset?: number, byteLength?: number): MergeCoverage[];

  /**
   * Whether both have the same regions, gap and maximum, whatever order they were declared in.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_INVALID_ARGUMENT` when `other` are no rules.
   */
  equals(other: MergeRules): boolean;

  /** Plain data that {@link MergeRules.fromJSON} reads, for `JSON.stringify` and messages to workers. */
  toJSON(): MergeRulesJSON;
}

/**
 * The right to use one slot of a {@link PagePool}, until it is released.
 *
 * What was left in the slot is gone for the next one who gets it. **An array over the slot that is kept after the release
 * still shows it**, and with it what the next one writes, and can write there itself: the engine knows no way to end one array
 * and not the others. What goes through the lease or its view is refused by then.
 *
 * Who loses a lease without releasing it loses the slot until the garbage collector finds that out; `stats().abandoned`
 * counts these.
 *
 * @example
 * using lease = await pool.acquire();
 * lease.bytes.set(request);
 */
export class PageLease implements Disposable {
  #private;
  private constructor();

  /** Which slot, counted from 0. */
  get slot(): number;

  /** Different for every lease of the slot, until there have been 2^31. */
  get generation(): number;

  /** Whether it has ended: by {@link PageLease.release}, or because the pool was closed. */
  get released(): boolean;

  /**
   * The bytes of the slot, without a copy. The buffer behind them is that of all slots: give a guest what it may see, never
   * `bytes.buffer`. Once they were asked for, the slot counts as used, and is cleaned after the release.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_LEASE_LOST` after the release; `ERR_PAGEFOLD_DETACHED` when the buffer of the pool
   * was transferred to another owner; `ERR_PAGEFOLD_EXTERNAL_BUFFERS` when the runtime forbids buffers over foreign memory.
   */
  get bytes(): Uint8Array<ArrayBuffer>;

  /**
   * The slot as a memory whose pages are tracked, with the snapshot of the pool as its baseline. Whatever is done to it, the
   * next one who gets the slot finds the snapshot of the pool. Disposing the view does not end the lease.
   *
   * @throws {PagefoldError} as {@link PageLease.bytes}, and so does every method of a view whose lease has ended.
   */
  get view(): MemoryView;

  /**
   * Gives the slot back. With the pool's option `cleaner: 'release'` it is cleaned at once; what that did is returned, or
   * nothing when the slot was never used. Await I/O on its bytes first.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_LEASE_LOST` when that has happened before; with `cleaner: 'release'` whatever
   * cleaning the slot fails with: the lease has ended all the same, and the slot is cleaned before somebody gets it.
   */
  release(): ResetReport | undefined;

  /** Releases the lease if it has not ended. */
  [Symbol.dispose](): void;
}

/**
 * Memories of one length that begin as one snapshot, ready to be handed out, and cleaned when they come back.
 *
 * A slot is clean when somebody gets it: it holds the current version of the pool's snapshot, whatever its last user has done
 * to it. A slot that could not be cleaned is kept from everybody until it was mapped anew.
 *
 * Belongs to the thread that made it. Threads that have the same snapshot ({@link Snapshot.share}) share its pages, each
 * with a pool of its own.
 *
 * @example
 * const pool = PagePool.create({ slots: 64, snapshot });
 * async function handle(request) {
 *   using lease = await pool.acquire({ timeoutMs: 1000 });
 *   return guest.run(lease.bytes, request);
 * }
 */
export class PagePool implements Disposable {
  #private;
  private constructor();

  /**
   * Reserves the addresses of all slots. Slots take memory when they are first used.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_OUT_OF_RANGE` and `ERR_PAGEFOLD_UNALIGNED` for impossible lengths and numbers;
   * `ERR_PAGEFOLD_SNAPSHOT_TOO_LARGE` when slots are shorter than the snapshot; `ERR_PAGEFOLD_OUT_OF_MEMORY` when there is no
   * address space left; `ERR_PAGEFOLD_BUDGET` when too much that was dropped waits for the engine, see {@link setBudget};
   * `ERR_PAGEFOLD_UNSUPPORTED`, with the reason, when the tracker does not work here.
   */
  static create(options: PagePoolOptions): PagePool;

  /** How many slots there are, or will be when as many leases as are too many were released. */
  get slots(): number;

  /** How many {@link PagePool.resize} can make of them. */
  get maxSlots(): number;

  /** Length of a slot in bytes. */
  get slotByteLength(): number;

  /** What every slot holds when it is leased. Without the option of that name: zeros, in a snapshot that lives as long as the pool. */
  get snapshot(): Snapshot;

  /** The name given at creation; empty without one. */
  get name(): string;

  /** Whether {@link PagePool.close} was called. */
  get closed(): boolean;

  /**
   * A lease as soon as there is one: now, or when somebody releases theirs and all who have waited longer were served.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_POOL_TIMEOUT`; `ERR_PAGEFOLD_ABORTED`, with the reason as `cause`;
   * `ERR_PAGEFOLD_POOL_CLOSED`; those of {@link PagePool.tryAcquire}.
   */
  acquire(options?: AcquireOptions): Promise<PageLease>;

  /**
   * A lease, or nothing when all slots are in use. About half a microsecond when there is a clean slot; else a slot is cleaned
   * or mapped first.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_POOL_CLOSED`; `ERR_PAGEFOLD_DETACHED` when the buffer of the pool was transferred to
   * another owner; `ERR_PAGEFOLD_OUT_OF_MEMORY` when all slots that have memory are in use, and there is none for another one;
   * `ERR_PAGEFOLD_VERIFY` when the only slot that is left failed its check. The pool works on with the others.
   */
  tryAcquire(options?: AffinityOptions): PageLease | undefined;

  /**
   * Changes how many slots there are. Slots that are too many are given back to the system: at once, or when they are
   * released.
   *
   * @param slots from 1 up to {@link PagePool.maxSlots}
   * @throws {PagefoldError} `ERR_PAGEFOLD_OUT_OF_RANGE`; `ERR_PAGEFOLD_POOL_CLOSED`; `ERR_PAGEFOLD_DETACHED`; and
   * `ERR_PAGEFOLD_OUT_OF_MEMORY` when the memory of a free slot cannot be given back yet: the pool has its new size all the same.
   */
  resize(slots: number): void;

  /**
   * Gives private pages of slots that nobody uses back to the system, until at most so many bytes are private: of the slots
   * first that have been idle longest. Contents stay as they are.
   *
   * @param byteLength what may stay private; the option `idleByteLength`, or 0, by default
   * @throws {PagefoldError} `ERR_PAGEFOLD_POOL_CLOSED`; `ERR_PAGEFOLD_DETACHED`; `ERR_PAGEFOLD_OUT_OF_MEMORY` when the process has too
   * many mappings to give a slot back.
   */
  trim(byteLength?: number): PoolTrimReport;

  /**
   * How many slots are in which state, and what has happened since the pool was made: numbers, fit for a monitor. Costs a
   * microsecond or two.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_POOL_CLOSED`.
   */
  stats(): PagePoolStats;

  /**
   * Gives all memory back at once. Leases are lost, arrays over slots become empty, and who waits is rejected with
   * `ERR_PAGEFOLD_POOL_CLOSED`. Await I/O on slots first: an unfinished call ends with an error. Idempotent.
   *
   * If the buffer was transferred to another owner, the memory is that owner's and goes with it.
   */
  close(): void;
  [Symbol.dispose](): void;
}

/** Options of {@link PagePool.create}. */
export interface PagePoolOptions {
  /**
   * How many slots: so many leases there can be at a time. A slot takes memory from its first use on. All slots together can
   * be as long as a buffer of the runtime: 4 GiB on Node.js 20, next to no limit on later versions.
   */
  slots: number;

  /**
   * How many slots {@link PagePool.resize} can make of them, up to 65,536. Costs address space only.
   *
   * @default `slots`
   */
  maxSlots?: number | undefined;

  /**
   * Length of a slot in bytes, a multiple of the page size.
   *
   * @default the length of the snapshot, in whole pages
   */
  slotByteLength?: number | undefined;

  /**
   * What every slot holds when it is leased; past its end, zeros. Slots share its pages until they write to them. When it has
   * a later version, slots take that with their next reset.
   *
   * @default zeros
   */
  snapshot?: Snapshot | undefined;

  /**
   * Bytes between two slots that belong to none, a multiple of the page size. What is written there is dropped when a slot
   * next to it is cleaned, and counted as an overrun.
   *
   * @default 0
   */
  guardByteLength?: number | undefined;

  /**
   * Who cleans a slot: {@link PageLease.release} itself, or the pool, in the background, one slot in each turn of the event
   * loop, so that releasing costs next to nothing.
   *
   * @default 'background'
   */
  cleaner?: 'release' | 'background' | undefined;

  /**
   * Private bytes that all slots together may keep while nobody uses them, in whole pages. Those beyond that are given back to
   * the system, of the slots first that have been idle longest.
   *
   * @default no limit
   */
  idleByteLength?: number | undefined;

  /**
   * Private bytes that each slot may keep when it is cleaned, as with a {@link MemoryView}.
   *
   * @default no limit
   */
  residentByteLength?: number | undefined;

  /**
   * How changed pages are found.
   *
   * @default the environment variable `PAGEFOLD_TRACKER`, else 'auto'
   */
  tracker?: TrackerChoice | undefined;

  /**
   * Whether a slot is checked before it counts as clean, as with a {@link MemoryView}. One that fails the check is not given
   * to anybody before it was mapped anew.
   *
   * @default 'never'
   */
  verify?: 'never' | 'sample' | 'always' | undefined;

  /** Shown by `util.inspect`. */
  name?: string | undefined;
}

/** Options of {@link PagePool.tryAcquire}. */
export interface AffinityOptions {
  /**
   * What the lease is for: a guest, a tenant, a code path. A slot that was last used for the same is preferred, because the
   * pages that it will write are in place already.
   */
  affinity?: string | number | undefined;
}

/** Options of {@link PagePool.acquire}. */
export interface AcquireOptions extends WaitOptions, AffinityOptions {}

/**
 * What {@link PagePool.stats} tells: numbers only. `slots + retiring` is `unmapped + clean + inUse + unknown`, and
 * `acquired - released` is `inUse`.
 */
export interface PagePoolStats {
  /** How many slots there are to be. */
  readonly slots: number;

  /** How many it can have. */
  readonly maxSlots: number;

  /** Slots that take no memory yet. */
  readonly unmapped: number;

  /** Slots that are ready. */
  readonly clean: number;

  /** Slots that are leased. */
  readonly inUse: number;

  /** Slots that have to be cleaned before anybody gets them. */
  readonly unknown: number;

  /** Slots that are too many since the pool was made smaller, and go when they are released. */
  readonly retiring: number;

  /** Callers that wait. */
  readonly waiting: number;

  /** Leases that were given. */
  readonly acquired: number;

  /** Leases that have ended: released, or abandoned. */
  readonly released: number;

  /** Leases with a slot last used for the same. */
  readonly affinityHits: number;

  /** Slots that were given memory. */
  readonly mapped: number;

  /** Resets of slots. */
  readonly cleaned: number;

  /** Resets that had to map everything anew. */
  readonly remapped: number;

  /** Resets that failed: the slot waited for another one. */
  readonly failed: number;

  /** Bytes of idle slots that were given back to the system. */
  readonly trimmedByteLength: number;

  /** Times that a guard was found written when a slot next to it was cleaned. */
  readonly overruns: number;

  /** Leases that were collected without having been released. */
  readonly abandoned: number;

  /** Waits that ended by their time limit. */
  readonly timeouts: number;

  /** Waits that ended by their signal. */
  readonly aborted: number;
}

/** What {@link PagePool.trim} did. */
export interface PoolTrimReport {
  /** Pages that were given back to the system. */
  readonly pagesReleased: number;
}

/** Options of {@link Region.allocate}. */
export interface RegionOptions {
  /**
   * How far {@link Region.grow} can go. Costs address space only.
   *
   * @default the length
   */
  maxByteLength?: number | undefined;

  /**
   * Whether the pages can be put into other memories ({@link MemoryView.map}). Such a region cannot be tracked itself, takes
   * one descriptor, and pays for a page when it is first read as well.
   *
   * @default false
   */
  mappable?: boolean | undefined;

  /** Shown by `util.inspect`. */
  name?: string | undefined;
}

/** Options of {@link Region.open}. */
export interface RegionFileOptions {
  /**
   * `copy-on-write`: the file never changes, what is written stays in the memory that it was written in. `read-write`: the
   * file changes, and with it every other mapping of it, in other processes too.
   *
   * @default 'copy-on-write'
   */
  access?: 'copy-on-write' | 'read-write' | undefined;

  /**
   * First byte in the file, a multiple of the page size.
   *
   * @default 0
   */
  byteOffset?: number | undefined;

  /**
   * Length in bytes.
   *
   * @default up to the end of the file
   */
  byteLength?: number | undefined;

  /** Shown by `util.inspect`. */
  name?: string | undefined;
}

/**
 * Who shares the bytes of a region: nobody (`private`), the memories that it is mapped into (`shared`), those and a file
 * (`read-write`), or nobody, with a file as what they were at first (`copy-on-write`).
 */
export type RegionAccess = 'private' | 'shared' | 'copy-on-write' | 'read-write';

/** Options of {@link Region.allocateAsync}. */
export interface RegionAsyncOptions extends RegionOptions, AbortOptions {}

/**
 * Memory that pagefold owns: zero-filled or a file, outside the engine's heap, growable in place, returned by {@link
 * Region.dispose} at once.
 */
export class Region implements Disposable {
  #private;
  private constructor();

  /**
   * Allocates a region of `byteLength` bytes, all zero.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_OUT_OF_RANGE` for an impossible length; `ERR_PAGEFOLD_OUT_OF_MEMORY` when there
   * is no address space left; `ERR_PAGEFOLD_BUDGET` when too many regions were dropped instead of disposed: see {@link
   * setBudget}.
   */
  static allocate(byteLength: number, options?: RegionOptions): Region;

  /**
   * Like {@link Region.allocate}, and waits for turns of the event loop where that would throw `ERR_PAGEFOLD_BUDGET`: the
   * engine then gives back what was dropped.
   *
   * @throws {PagefoldError} as {@link Region.allocate}; `ERR_PAGEFOLD_BUDGET` when the engine gives nothing back;
   * `ERR_PAGEFOLD_ABORTED`.
   */
  static allocateAsync(byteLength: number, options?: RegionAsyncOptions): Promise<Region>;

  /**
   * Maps a regular file, or a part of it, without a copy: its pages are read when they are first used. It cannot grow. Its
   * pages can be put into other memories ({@link MemoryView.map}), and are shared with all that have the file mapped.
   *
   * **The file must not be made shorter while it is mapped**, by this process or another one: touching a page that it has
   * lost ends the process (SIGBUS). So do a page that the device cannot read, and, with `read-write`, a write to a hole of
   * the file when its file system is full. Where you cannot rule that out, read the file into a region of its own instead;
   * {@link Snapshot.open} always copies. With `read-write` other processes can change the bytes at any time; agree with them on who writes when.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_SYSTEM` with `errno` when the file cannot be opened or mapped;
   * `ERR_PAGEFOLD_UNSUPPORTED` when it is no regular file; `ERR_PAGEFOLD_OUT_OF_RANGE` when the part is empty or ends after
   * the file; `ERR_PAGEFOLD_UNALIGNED`; `ERR_PAGEFOLD_BUDGET` as {@link Region.allocate}.
   */
  static open(path: string, options?: RegionFileOptions): Region;

  /** Bytes in use. */
  get byteLength(): number;

  /** Bytes that {@link Region.grow} can reach. */
  get maxByteLength(): number;

  /** Who shares the bytes. */
  get access(): RegionAccess;

  /** Whether the pages can be put into other memories: whether {@link Region.access} is not `private`. */
  get mappable(): boolean;

  /** The name given at allocation; empty without one. */
  get name(): string;

  /** Whether {@link Region.dispose} was called. */
  get disposed(): boolean;

  /**
   * The bytes, without a copy. After {@link Region.grow} read it anew: an array cannot grow.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_EXTERNAL_BUFFERS` when the runtime forbids buffers over foreign memory;
   * `ERR_PAGEFOLD_DETACHED` when the buffer was transferred to another owner.
   */
  get bytes(): Uint8Array<ArrayBuffer>;

  /**
   * A view of a part of the region. Without `byteLength` it reaches to the end and follows the region's growth.
   *
   * @param byteOffset first byte, a multiple of the page size; 0 by default
   * @param byteLength length in bytes, a multiple of the page size
   * @throws {PagefoldError} `ERR_PAGEFOLD_OUT_OF_RANGE`, `ERR_PAGEFOLD_UNALIGNED`; `ERR_PAGEFOLD_BUSY` when another view
   * covers some of it; `ERR_PAGEFOLD_UNSUPPORTED` when the region is mappable.
   */
  view(byteOffset?: number, byteLength?: number, options?: ViewOptions): MemoryView;

  /**
   * Makes the region longer, in place; the new bytes are zero.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_OUT_OF_RANGE` when that is shorter than now, or above the maximum, which for a
   * file is its length;
   * `ERR_PAGEFOLD_DETACHED` when the buffer was transferred to another owner.
   */
  grow(byteLength: number): void;

  /**
   * Gives the memory back at once. Arrays over it become empty, its views unusable. Await I/O on its bytes first: an
   * unfinished call ends with an error. Pages that are mapped into other memories stay there. Idempotent.
   *
   * If the buffer was transferred to another owner, the memory is that owner's and goes with it.
   */
  dispose(): void;
  [Symbol.dispose](): void;
}

/** What {@link MemoryView.reset} or {@link MemoryView.restore} did, and why. */
export interface ResetReport {
  /**
   * `copy-back`: the pages that may have changed were copied. `copy-all`: all pages were, without asking which had changed.
   * `release`: as many were copied as may stay private, the others were given back to the system. `remap`: the image was
   * mapped anew over everything. `forward`: the pages that differ between two versions of the snapshot were copied or mapped, the
   * others that may have changed were copied.
   */
  readonly strategy: 'copy-back' | 'copy-all' | 'release' | 'remap' | 'forward';

  /** Why, in words. */
  readonly reason: string;

  /** The tracker in use. */
  readonly tracker: TrackerKind;

  /** Pages that were asked about. */
  readonly pagesScanned: number;

  /** Pages that may have differed: an upper bound. {@link MemoryView.dirty}, called before, gives the exact number. */
  readonly pagesDirty: number;

  /** Pages whose contents were put back. */
  readonly pagesRestored: number;

  /** Pages that were given back to the system and show the baseline again, or zeros past its end. */
  readonly pagesReleased: number;

  /** Length of the view in bytes. */
  readonly byteLength: number;

  /** Time spent, without the call from JavaScript itself. */
  readonly microseconds: number;
}

/** How much memory stands behind a view, in whole pages: a region's last page may be used in part. */
export interface ResidencyReport {
  /** Length of the view in bytes. Untouched pages are part of it and take no memory. */
  readonly byteLength: number;

  /**
   * In memory: `privateByteLength + sharedByteLength`. Pages of zeros that were only read take none, where the kernel
   * tells them apart (Linux 6.7; before, they count as private).
   */
  readonly residentByteLength: number;

  /** Of these, pages that this memory alone has: it has written to them since it took its baseline. */
  readonly privateByteLength: number;

  /** Of these, pages of the snapshot, which all memories with that baseline share. */
  readonly sharedByteLength: number;

  /** Swapped out: 0 where there is no swap, else at most so much. */
  readonly swappedByteLength: number;
}

/** What a diff was made against. */
export interface DiffBase {
  /** {@link Snapshot.id} of the snapshot; 32 zeros for bytes that are none. */
  readonly id: string;

  /** Its version then. */
  readonly version: number;

  /** The revision of its merge rules then. */
  readonly revision: number;

  /** Its length in bytes. */
  readonly byteLength: number;
}

/** Options of {@link SnapshotDiff.between}. */
export interface DiffBetweenOptions extends DiffOptions {
  /**
   * How the changes are merged.
   *
   * @default the last change wins, everywhere
   */
  rules?: MergeRules | undefined;
}

/** Options of {@link SnapshotDiff.encode}. */
export interface EncodeOptions {
  /**
   * How the contents are stored. `lz4`: about a gigabyte a second, and memories compress well.
   *
   * @default 'none'
   */
  compression?: 'none' | 'lz4' | undefined;
}

/** What {@link SnapshotDiff.decode} lets a diff be. Anything beyond is refused before memory is reserved for it. */
export interface DecodeOptions {
  /**
   * The longest memory that it may describe, in bytes.
   *
   * @default 2 ** 32
   */
  maxByteLength?: number | undefined;

  /**
   * The most entries that it may have; each takes about 24 bytes of memory.
   *
   * @default 2 ** 24
   */
  maxEntries?: number | undefined;

  /**
   * The most bytes that it may take when it is decompressed.
   *
   * @default what a memory of `maxByteLength` bytes can change, with originals, and 2 ** 29 more for the index
   */
  maxBodyByteLength?: number | undefined;
}

/**
 * Everything that one memory has changed against a base: runs of updated bytes, each with the type and operation by which it
 * is merged. Immutable, owns its bytes, which lie outside the engine's heap. Iterating over it copies them once.
 *
 * It is no promise-like object: to put two diffs together, call {@link SnapshotDiff.compose}.
 */
export class SnapshotDiff implements Iterable<DiffEntry>, Disposable {
  #private;
  private constructor();

  /** What it was made against. */
  readonly base: DiffBase;

  /** Who made it: diffs are merged in ascending order of origin. 0 for one between bytes. */
  readonly origin: number;

  /** The running number of the diff there. */
  readonly sequence: number;

  /** Length in bytes of the changed memory, at least that of the base. */
  readonly byteLength: number;

  /** How many entries it has. */
  readonly entryCount: number;

  /** Bytes of all entries together. */
  readonly changedByteLength: number;

  /** Whether it carries what the base has where something changed. */
  readonly hasOriginals: boolean;

  /**
   * What `after` changed against `before`. Elements whose bits are equal are not changed.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_SIZE_MISMATCH` when `after` is shorter; `ERR_PAGEFOLD_OVER_MAX` when it is longer than
   * the rules allow; `ERR_PAGEFOLD_PARTIAL_ELEMENT` when its end cuts a changed element off.
   */
  static between(before: Uint8Array, after: Uint8Array, options?: DiffBetweenOptions): SnapshotDiff;

  /**
   * Reads what {@link SnapshotDiff.encode} wrote, wherever the bytes come from: memory is taken in proportion to how many
   * there are, and the options bound what they expand to.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_NOT_A_DIFF`; `ERR_PAGEFOLD_DIFF_CORRUPT` when they were cut short or altered, or say
   * what no diff can say; `ERR_PAGEFOLD_OVER_MAX` beyond the limits; `ERR_PAGEFOLD_UNSUPPORTED` for another version of the
   * format; `ERR_PAGEFOLD_OUT_OF_RANGE` for numbers above 2^53 - 1.
   */
  static decode(bytes: Uint8Array, options?: DecodeOptions): SnapshotDiff;

  /** Whether {@link SnapshotDiff.dispose} was called. */
  get disposed(): boolean;

  /** The diff as bytes, which {@link SnapshotDiff.decode} reads on any machine. The format is in docs/wire-format.md. */
  encode(options?: EncodeOptions): Uint8Array<ArrayBuffer>;

  /** Its entries, ascending by offset, over one copy of their bytes. */
  [Symbol.iterator](): Generator<DiffEntry, void, undefined>;

  /**
   * The diff that leads where this one and then `next` lead; `next` was made against what this one leads to. It has the base,
   * origin and sequence of this one, and originals if both have them.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_SIZE_MISMATCH` when the base of `next` is not as long as what this one leads to;
   * `ERR_PAGEFOLD_STALE_BASE` when the two were made with different rules.
   */
  compose(next: SnapshotDiff): SnapshotDiff;

  /**
   * The ranges that both diffs change, ascending; both were made against one base. Exact when both have originals or were made
   * with a gap of 0, and a few bytes too many otherwise.
   */
  conflicts(other: SnapshotDiff): ByteRange[];

  /**
   * The diff that leads back: made against what this one leads to, it changes everything to what the base of this one has. Its
   * base is no snapshot.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_NO_ORIGINALS` when the diff was made without; `ERR_PAGEFOLD_SIZE_MISMATCH` when
   * the memory has grown: no diff makes one shorter.
   */
  invert(): SnapshotDiff;

  /**
   * Merges the diff into `target`, which began as `base` and may have changed since: what is not as in the base counts as
   * changed by an earlier diff. All of it or nothing. Both may be the same array; then the base is copied first.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_STALE_BASE` when `base` is not as long as that of the diff;
   * `ERR_PAGEFOLD_SIZE_MISMATCH` when `target` is shorter than the changed memory; `ERR_PAGEFOLD_MERGE_CONFLICT` and
   * `ERR_PAGEFOLD_PRODUCT_UNDEFINED` with `conflicts`; `ERR_PAGEFOLD_SHARED_MEMORY` for a target over shared memory.
   */
  applyTo(target: Uint8Array, base: Uint8Array): ApplyReport;

  /** Lets go of the bytes. Idempotent. */
  dispose(): void;
  [Symbol.dispose](): void;
}

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
  #private;
  private constructor();

  /**
   * A snapshot with a copy of `bytes`.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_OUT_OF_RANGE` when there are none; `ERR_PAGEFOLD_OVER_MAX` when there are more than
   * `maxByteLength`; those of {@link MergeRules} when the rules are not for that length.
   */
  static capture(bytes: Uint8Array, options?: SnapshotOptions): Snapshot;

  /**
   * The snapshot that another thread of this process has given a ticket for: the same one, with its versions and queue. Each
   * thread disposes its own object.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_DISPOSED` when all its objects were disposed or collected, and no view has it as its
   * baseline; `ERR_PAGEFOLD_INVALID_ARGUMENT` for a ticket of another process, or none.
   */
  static attach(ticket: SnapshotTicket): Snapshot;

  /**
   * Reads a snapshot from a file that {@link Snapshot.save} has written, and from the files that it rests on, checking every
   * byte of them. Rules and queue are not saved.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_NOT_A_SNAPSHOT`, `ERR_PAGEFOLD_SNAPSHOT_CORRUPT` when it was cut short or
   * altered, or a file that it rests on is another one, `ERR_PAGEFOLD_SYSTEM` with `errno` when it cannot be read.
   */
  static open(path: string): Snapshot;

  /** Like {@link Snapshot.open}, away from the JavaScript thread. */
  static openAsync(path: string, options?: AbortOptions): Promise<Snapshot>;

  /**
   * Writes a file of {@link Snapshot.save} anew with all pages, so that it rests on no other any more.
   *
   * @throws {PagefoldError} as {@link Snapshot.open} and {@link Snapshot.save}; the file is then as it was.
   */
  static compact(path: string): void;

  /** Like {@link Snapshot.compact}, away from the JavaScript thread. */
  static compactAsync(path: string, options?: AbortOptions): Promise<void>;

  /**
   * Writes the current version to a file that only its owner can read. The file appears whole or not at all: a crash leaves
   * the old one. The format is described in docs/snapshot-format.md.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_SYSTEM` with `errno` when it cannot be written; with `base`, `ERR_PAGEFOLD_STALE_BASE`
   * when that has another snapshot, `ERR_PAGEFOLD_OUT_OF_RANGE` when it lies in another folder, is the file itself or rests on
   * too many others, and those of {@link Snapshot.open}.
   */
  save(path: string, options?: SaveOptions): void;

  /** Like {@link Snapshot.save}, away from the JavaScript thread. Disposing the snapshot meanwhile does no harm. */
  saveAsync(path: string, options?: SaveAsyncOptions): Promise<void>;

  /** 32 hexadecimal digits, different for every capture and fork; a saved file keeps them. */
  get id(): string;

  /** Number of the current version: counts the states that the snapshot has had, from 0. */
  get version(): number;

  /** Length of the current version in bytes. */
  get byteLength(): number;

  /** Bytes of the pages that are not all zero, apart from those shared with earlier versions and with `like`: what it costs. */
  get storedByteLength(): number;

  /** What it was forked from, if it was. */
  get parent(): SnapshotParent | undefined;

  /** The longest that it can become, in bytes. */
  get maxByteLength(): number;

  /** How often the rules were replaced. A diff names the revision that it was made with. */
  get revision(): number;

  /** How changes are merged. */
  get rules(): MergeRules;

  /** How many diffs wait for {@link Snapshot.sync}. */
  get queued(): number;

  /** Whether {@link Snapshot.dispose} was called. */
  get disposed(): boolean;

  /**
   * A copy of a part of the contents.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_OUT_OF_RANGE` when the part ends after the snapshot.
   */
  read(byteOffset: number, byteLength: number): Uint8Array<ArrayBuffer>;

  /**
   * Replaces the rules, from the next diffs on. They are checked again for `maxByteLength` of this snapshot. Makes no new
   * version.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_STALE_BASE` while diffs are queued, which were made with the old ones; those of
   * {@link MergeRules} when the rules are not for memories of that length.
   */
  setRules(rules: MergeRules): void;

  /**
   * Makes a version in which `bytes` are at `byteOffset`, and grows as far as needed. Writing nothing makes none. About 2 µs a
   * page.
   *
   * @returns the number of the current version
   * @throws {PagefoldError} `ERR_PAGEFOLD_OVER_MAX` past `maxByteLength`; `ERR_PAGEFOLD_STALE_BASE` while diffs are queued;
   * `ERR_PAGEFOLD_OUT_OF_MEMORY`. Nothing has changed then.
   */
  write(bytes: Uint8Array, byteOffset: number): number;

  /**
   * Makes a version of that length: cut off, or continued with zeros. What was cut off reads as zeros if it grows again.
   *
   * @returns the number of the new version
   * @throws {PagefoldError} as {@link Snapshot.write}.
   */
  truncate(byteLength: number): number;

  /** Another snapshot that begins with the current version and the rules of this one. Shares its pages; nothing is copied. */
  fork(): Snapshot;

  /**
   * What the current version of another snapshot has changed against the current one of this, by the rules of this one: where
   * one was forked from the other, at the cost of the pages that lie elsewhere.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_SIZE_MISMATCH` when the other one is shorter; `ERR_PAGEFOLD_OVER_MAX` when it is
   * longer than `maxByteLength`; `ERR_PAGEFOLD_PARTIAL_ELEMENT` when its end cuts a changed element off.
   */
  diff(other: Snapshot, options?: AuthoredDiffOptions): SnapshotDiff;

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
  queue(diff: SnapshotDiff, options?: QueueOptions): number;

  /**
   * Takes a queued diff out, by its author.
   *
   * @returns whether there was one
   */
  discard(author: DiffAuthor): boolean;

  /**
   * Merges all queued diffs into the next version, or none. Every memory takes it with its next reset; until then it shows the
   * version before, and has no diffs. Without queued diffs nothing happens.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_MERGE_CONFLICT` and `ERR_PAGEFOLD_PRODUCT_UNDEFINED`, with `conflicts`;
   * `ERR_PAGEFOLD_OUT_OF_MEMORY`. Contents, version, rules and queue are as before then: {@link Snapshot.discard} one of them.
   */
  sync(): SyncReport;

  /**
   * What was written since a version, with the number of the current one, in one step: a copy elsewhere that takes every
   * answer over misses nothing. Too old a version is answered with the whole contents.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_OUT_OF_RANGE` when there is no such version yet; `ERR_PAGEFOLD_OUT_OF_MEMORY`.
   */
  changes(fromVersion: number): SnapshotChanges;

  /**
   * A ticket with which other threads of this process {@link Snapshot.attach} the same snapshot; the same one each time. It
   * keeps nothing alive: keep this object until they have.
   */
  share(): SnapshotTicket;

  /** Lets go of the contents. A view that has them as its baseline keeps them, and so do other threads. Idempotent. */
  dispose(): void;
  [Symbol.dispose](): void;
}

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

/** How many objects of a kind there are, and what became of the others. */
export interface LifeCounts {
  /** Gauge: alive now. */
  readonly live: number;

  /** Counter: disposed, as they should be. */
  readonly disposed: number;

  /** Counter: dropped, and given back by a later allocation that noticed a garbage collection. */
  readonly vacuumed: number;

  /** Counter: dropped, and given back by the engine in a later turn, or at the end of a thread. */
  readonly finalized: number;
}

/** Numbers of the whole process, all threads together. Lengths are in bytes. */
export interface Stats {
  /** Regions. */
  readonly regions: LifeCounts;

  /** Snapshots: one for each object, also where several are of one snapshot. */
  readonly snapshots: LifeCounts;

  /** Diffs. */
  readonly diffs: LifeCounts;

  /** Views. */
  readonly views: LifeCounts;

  /** Pools of slots. */
  readonly pools: LifeCounts;

  /** Gauge: address space that regions and pools have mapped, in whole pages. */
  readonly mappedByteLength: number;

  /** Gauge: what of that is in memory. `NaN` where the kernel does not tell, as in a process that is not dumpable. */
  readonly residentByteLength: number;

  /** Gauge: what of that is shared with nobody. `NaN` where the kernel does not tell. */
  readonly privateByteLength: number;

  /** Gauge: what snapshots store, pages that several of them share counted once. */
  readonly storedByteLength: number;

  /** Gauge: regions that are dead and that the engine has not given back yet. What {@link setBudget} limits. */
  readonly unreclaimedByteLength: number;

  /** Gauge: snapshots that a ticket leads to. */
  readonly sharedSnapshots: number;

  /**
   * Gauge: what the engines were told of, so that they collect. Without regions whose bytes were asked for, which engines count
   * themselves, and up to 16 MiB a thread behind.
   */
  readonly chargedByteLength: number;

  /** Counter: garbage collections that an allocation has noticed. There may have been more. */
  readonly collections: number;
}

/**
 * What pagefold has in this process, and what became of what it had. `residentByteLength` and `privateByteLength` are asked
 * from the kernel by this call: about 40 ns a resident page, 10 ms a GiB.
 */
export function stats(): Stats;

/** What {@link Snapshot.sync} did. */
export interface SyncReport {
  /** The version of the snapshot afterwards. */
  readonly version: number;

  /** How many diffs were merged. */
  readonly diffs: number;

  /** Where elements have changed, ascending, never touching. Fewer than 128 bytes in between that have not are joined. */
  readonly ranges: readonly ByteRange[];

  /**
   * Changed elements without effect: those that moved the other way under `max`, `min`, `and` and `or`, and those that
   * came later under `first-writer`.
   */
  readonly elementsWithoutEffect: number;
}

/** What was written between two versions, for a peer that has the earlier one. */
export interface SnapshotChanges {
  /** The version that the peer has. */
  readonly from: number;

  /** The version that it has when it has taken these over. */
  readonly to: number;

  /** Length in bytes of that version. A shorter copy continues with zeros, a longer one is cut off. */
  readonly byteLength: number;

  /** Whether this is the whole contents, because `from` is too long ago: everything outside of the ranges is zero then. */
  readonly full: boolean;

  /** What was written, ascending, never touching. The bytes are parts of one copy. */
  readonly ranges: readonly ChangedRange[];
}

/** A range with its bytes. */
export interface ChangedRange {
  /** First byte. */
  readonly byteOffset: number;

  /** Its bytes in the later version. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** The state that a {@link Snapshot} was forked from. */
export interface SnapshotParent {
  /** Id of the snapshot. */
  readonly id: string;

  /** Its version then. */
  readonly version: number;
}

/**
 * What {@link Snapshot.attach} finds a snapshot by, in any thread of the process that gave it out. Plain data, for
 * `postMessage` and JSON. It keeps no snapshot alive.
 */
export interface SnapshotTicket {
  /** The process: digits that no other one has. */
  readonly process: string;

  /** The number of the snapshot there. */
  readonly number: number;
}

/**
 * A way of finding changed pages.
 *
 * - `uffd-wp`: the kernel records writes (Linux 6.7, userfaultfd allowed). Exact, about 1 ns for a clean page.
 * - `cow-private`: asks which pages left the shared image (Linux 6.7). About 30 ns a resident page.
 * - `pagemap-read`: the same for kernels before 6.7, asked page by page. About 24 ns a page, resident or not.
 * - `compare`: compares with the image. Needs nothing; reads everything.
 */
export type TrackerKind = 'uffd-wp' | 'cow-private' | 'pagemap-read' | 'compare';

/** A tracker by name, which is used or refused, or `auto`: the best that works here. */
export type TrackerChoice = TrackerKind | 'auto';

/** A better tracker that cannot be used, and why. */
export interface RejectedTracker {
  readonly tracker: TrackerKind;
  readonly reason: string;
}

/** Where {@link MemoryView.map} puts pages of a region, and which. */
export interface MapOptions {
  /** First byte in the view, a multiple of the page size. */
  byteOffset: number;

  /**
   * First byte in the region, a multiple of the page size.
   *
   * @default 0
   */
  regionOffset?: number | undefined;

  /**
   * Length in bytes, a multiple of the page size unless it reaches the end of the region; that page is mapped whole.
   *
   * @default up to the end of the region
   */
  byteLength?: number | undefined;
}

/** Options of {@link MemoryView.discard}. */
export interface DiscardOptions {
  /**
   * What the pages hold afterwards: zeros, or what the baseline has there.
   *
   * @default 'zero'
   */
  contents?: 'zero' | 'baseline' | undefined;
}

/** What {@link MemoryView.trim} did. */
export interface TrimReport {
  /** Pages that were given back to the system. */
  readonly pagesReleased: number;

  /** Bytes that are still private to this memory. */
  readonly privateByteLength: number;
}

/** What {@link MemoryView.prefault} did. */
export interface PrefaultReport {
  /** Pages that were made ready. */
  readonly pageCount: number;
}

/** Options of {@link MemoryView.reset}. */
export interface ResetOptions {
  /**
   * Whether bytes that the merge rules of the baseline ignore stay as they are: scratch space of threads, for example.
   *
   * @default false
   */
  keepIgnored?: boolean | undefined;
}

/** Options of a new {@link MemoryView}. */
export interface ViewOptions {
  /**
   * How changed pages are found.
   *
   * @default the environment variable `PAGEFOLD_TRACKER`, else 'auto'
   */
  tracker?: TrackerChoice | undefined;

  /**
   * Bytes that may stay private to this memory after a reset, in whole pages. Pages beyond that are given back to the
   * system, those that are written in every cycle last; the next write to one costs about 2 µs more.
   *
   * @default no limit
   */
  residentByteLength?: number | undefined;

  /**
   * Private bytes that {@link MemoryView.trim} leaves, unless it is told otherwise.
   *
   * @default 0
   */
  idleByteLength?: number | undefined;

  /**
   * Whether a reset is checked against the baseline before it is reported as done. `sample`: 64 pages, others each time,
   * about 10 µs. `always`: every page, about 0.2 µs each; for tests. A difference is `ERR_PAGEFOLD_VERIFY`.
   *
   * @default 'never'
   */
  verify?: 'never' | 'sample' | 'always' | undefined;
}

/** Options of whatever may have to wait. */
export interface WaitOptions extends AbortOptions {
  /**
   * How long to wait at most, in milliseconds, up to 2^31 - 1. 0 takes what is there now.
   *
   * @default no limit
   */
  timeoutMs?: number | undefined;
}

export {};
