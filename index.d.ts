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
  | 'ERR_PAGEFOLD_BUSY'
  | 'ERR_PAGEFOLD_DETACHED'
  | 'ERR_PAGEFOLD_DIFF_CORRUPT'
  | 'ERR_PAGEFOLD_DISPOSED'
  | 'ERR_PAGEFOLD_DUPLICATE_DIFF'
  | 'ERR_PAGEFOLD_EXTERNAL_BUFFERS'
  | 'ERR_PAGEFOLD_ILLEGAL_REGION'
  | 'ERR_PAGEFOLD_INVALID_ARGUMENT'
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
  constructor(code: ErrorCode, message: string, options?: PagefoldErrorOptions);
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

  /** Whether {@link MemoryView.dispose} was called. */
  get disposed(): boolean;

  /**
   * Captures the memory as it is and makes that the baseline. Copies it once, about 0.3 ms a MiB in use.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_OUT_OF_MEMORY` when there is no room; everything is then as before.
   */
  snapshot(): Snapshot;

  /**
   * Gives the memory the contents of `snapshot`, whose pages it shares until it writes to them, and makes that the
   * baseline. What lies past the end of the snapshot becomes zero.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_SNAPSHOT_TOO_LARGE` when the memory is shorter: grow it first.
   */
  restore(snapshot: Snapshot): ResetReport;

  /**
   * Puts the memory back to the baseline, at the cost of the pages that changed. Pages by which the memory has grown
   * since become zero; a memory cannot shrink.
   *
   * Call it when nothing of the guest is on the stack. State beside the memory (globals, tables, JavaScript) is not
   * touched: see `InstanceSnapshot` of `pagefold/wasm`.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_NO_BASELINE` before the first {@link MemoryView.snapshot}; with the option `verify`
   * `ERR_PAGEFOLD_VERIFY`, with `byteOffset`, when the memory is not the baseline afterwards: the next reset then maps
   * everything anew.
   */
  reset(): ResetReport;

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
   * is no address space left.
   */
  static allocate(byteLength: number, options?: RegionOptions): Region;

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
   * the file; `ERR_PAGEFOLD_UNALIGNED`.
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
   * mapped anew over everything. `forward`: the pages that differ between two versions of the snapshot were mapped anew, the
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

/** Options of operations that can be stopped. */
export interface AbortOptions {
  /** Stops the operation between two chunks; it then rejects with `ERR_PAGEFOLD_ABORTED`, and nothing has changed. */
  signal?: AbortSignal | undefined;
}

/**
 * The contents of a memory at one moment: a state to go back to.
 *
 * Immutable. Any number of memories can have it as their baseline; they share its pages until they write to them.
 * Pages of zeros take no memory.
 */
export class Snapshot implements Disposable {
  #private;
  private constructor();

  /**
   * A snapshot with a copy of `bytes`.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_OUT_OF_RANGE` when there are none.
   */
  static capture(bytes: Uint8Array): Snapshot;

  /**
   * Reads a snapshot from a file that {@link Snapshot.save} has written, checking every byte of it.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_NOT_A_SNAPSHOT`, `ERR_PAGEFOLD_SNAPSHOT_CORRUPT` when it was cut short or
   * altered, `ERR_PAGEFOLD_SYSTEM` with `errno` when it cannot be read.
   */
  static open(path: string): Snapshot;

  /** Like {@link Snapshot.open}, away from the JavaScript thread. */
  static openAsync(path: string, options?: AbortOptions): Promise<Snapshot>;

  /**
   * Writes the snapshot to a file that only its owner can read. The file appears whole or not at all: a crash leaves
   * the old one. The format is described in docs/snapshot-format.md.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_SYSTEM` with `errno` when it cannot be written.
   */
  save(path: string): void;

  /** Like {@link Snapshot.save}, away from the JavaScript thread. Disposing the snapshot meanwhile does no harm. */
  saveAsync(path: string, options?: AbortOptions): Promise<void>;

  /** 32 hexadecimal digits, different for every capture; a saved file keeps them. */
  get id(): string;

  /** Counts the states that the snapshot has had, from 1. */
  get version(): number;

  /** Length of the contents in bytes. */
  get byteLength(): number;

  /** Bytes of the pages that are not all zero: what the snapshot costs. */
  get storedByteLength(): number;

  /** Whether {@link Snapshot.dispose} was called. */
  get disposed(): boolean;

  /**
   * A copy of a part of the contents.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_OUT_OF_RANGE` when the part ends after the snapshot.
   */
  read(byteOffset: number, byteLength: number): Uint8Array<ArrayBuffer>;

  /** Lets go of the contents. A view that has them as its baseline keeps them. Idempotent. */
  dispose(): void;
  [Symbol.dispose](): void;
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

export {};
