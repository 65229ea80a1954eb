// The types of 'pagefold', as the compiler of a user sees them. Nothing here runs.
import {
  type doctor,
  MemoryView,
  MergeRules,
  PagefoldError,
  Region,
  Snapshot,
  SnapshotDiff,
  type AbortOptions,
  type ApplyReport,
  type AuthoredDiffOptions,
  type ByteRange,
  type ChangedRange,
  type DeclaredMergeRegion,
  type DecodeOptions,
  type DiffAuthor,
  type DiffBase,
  type DiffBetweenOptions,
  type DiffEntry,
  type DiffOptions,
  type DirtyOptions,
  type DirtyRange,
  type DirtyReport,
  type DiscardOptions,
  type DoctorFinding,
  type DoctorReport,
  type ElementDelta,
  type ElementType,
  type EncodeOptions,
  type ErrorCode,
  type MapOptions,
  type MergeConflict,
  type MergeCoverage,
  type MergeOperation,
  type MergeRegion,
  type MergeRulesJSON,
  type MergeRulesOptions,
  type PagefoldErrorOptions,
  type PrefaultReport,
  type QueueOptions,
  type RegionAccess,
  type RegionFileOptions,
  type RegionOptions,
  type RejectedTracker,
  type ResetOptions,
  type ResetReport,
  type ResidencyReport,
  type SaveAsyncOptions,
  type SaveOptions,
  type SnapshotChanges,
  type SnapshotOptions,
  type SnapshotParent,
  type SnapshotTicket,
  type SyncReport,
  type TrackerChoice,
  type TrackerKind,
  type TrimReport,
  type ViewOptions,
} from 'pagefold';

import { check, type Same } from './assert-type.ts';

// Bytes are over an ArrayBuffer, never a shared one, so that every API takes them.
check<Same<Region['bytes'], Uint8Array<ArrayBuffer>>>();
check<Same<MemoryView['bytes'], Uint8Array<ArrayBuffer>>>();
check<Same<ReturnType<Snapshot['read']>, Uint8Array<ArrayBuffer>>>();

// Parameters.
check<Same<Parameters<typeof Region.allocate>, [byteLength: number, options?: RegionOptions | undefined]>>();
check<Same<Parameters<typeof MemoryView.adopt>, [memory: WebAssembly.Memory, options?: ViewOptions | undefined]>>();
check<
  Same<
    Parameters<Region['view']>,
    [byteOffset?: number | undefined, byteLength?: number | undefined, options?: ViewOptions | undefined]
  >
>();
check<Same<Parameters<Region['grow']>, [byteLength: number]>>();
check<Same<Parameters<typeof Snapshot.capture>, [bytes: Uint8Array, options?: SnapshotOptions | undefined]>>();
check<Same<Parameters<typeof Snapshot.open>, [path: string]>>();
check<Same<Parameters<typeof Snapshot.openAsync>, [path: string, options?: AbortOptions | undefined]>>();
check<Same<Parameters<Snapshot['save']>, [path: string, options?: SaveOptions | undefined]>>();
check<Same<Parameters<Snapshot['saveAsync']>, [path: string, options?: SaveAsyncOptions | undefined]>>();
check<Same<Parameters<MemoryView['restore']>, [snapshot: Snapshot]>>();
check<Same<Parameters<MemoryView['dirty']>, [options?: DirtyOptions | undefined]>>();
check<Same<Parameters<MemoryView['map']>, [region: Region, options: MapOptions]>>();
check<
  Same<
    Parameters<MemoryView['discard']>,
    [byteOffset: number, byteLength: number, options?: DiscardOptions | undefined]
  >
>();
check<Same<Parameters<MemoryView['trim']>, [byteLength?: number | undefined]>>();
check<Same<Parameters<typeof Region.open>, [path: string, options?: RegionFileOptions | undefined]>>();

// Results.
check<Same<ReturnType<typeof Region.allocate>, Region>>();
check<Same<ReturnType<Region['view']>, MemoryView>>();
check<Same<ReturnType<MemoryView['snapshot']>, Snapshot>>();
check<Same<ReturnType<MemoryView['reset']>, ResetReport>>();
check<Same<ReturnType<MemoryView['restore']>, ResetReport>>();
check<Same<ReturnType<MemoryView['dirty']>, DirtyReport>>();
check<Same<ReturnType<MemoryView['residency']>, ResidencyReport>>();
check<Same<ReturnType<typeof Snapshot.openAsync>, Promise<Snapshot>>>();
check<Same<ReturnType<Snapshot['saveAsync']>, Promise<void>>>();
check<Same<ReturnType<typeof doctor>, DoctorReport>>();
check<Same<ReturnType<MemoryView['map']>, void>>();
check<Same<ReturnType<MemoryView['discard']>, void>>();
check<Same<ReturnType<MemoryView['trim']>, TrimReport>>();
check<Same<ReturnType<MemoryView['prefault']>, PrefaultReport>>();
check<Same<ReturnType<typeof Region.open>, Region>>();
check<Same<Region['access'], RegionAccess>>();
check<Same<Region['mappable'], boolean>>();
check<Same<MemoryView['baseline'], Snapshot | undefined>>();
check<Same<MemoryView['tracker'], TrackerKind>>();
check<Same<MemoryView['rejected'], readonly RejectedTracker[]>>();

// Everything that owns memory can be used with `using`.
const disposables: Disposable[] = [Region.allocate(1), Region.allocate(1).view(), Snapshot.open('file')];
check<Same<(typeof disposables)[number], Disposable>>();
check<Same<ReturnType<Region[typeof Symbol.dispose]>, void>>();

// Trackers and options: `undefined` may be given for what may be left out.
check<Same<TrackerKind, 'uffd-wp' | 'cow-private' | 'pagemap-read' | 'compare'>>();
check<Same<TrackerChoice, TrackerKind | 'auto'>>();
check<Same<ViewOptions['tracker'], TrackerChoice | undefined>>();
check<Same<ViewOptions['residentByteLength'], number | undefined>>();
check<Same<ViewOptions['idleByteLength'], number | undefined>>();
check<Same<ViewOptions['verify'], 'never' | 'sample' | 'always' | undefined>>();
check<
  Same<RegionOptions, { maxByteLength?: number | undefined; mappable?: boolean | undefined; name?: string | undefined }>
>();
check<Same<RegionAccess, 'private' | 'shared' | 'copy-on-write' | 'read-write'>>();
check<Same<RegionFileOptions['access'], 'copy-on-write' | 'read-write' | undefined>>();
check<Same<MapOptions, { byteOffset: number; regionOffset?: number | undefined; byteLength?: number | undefined }>>();
check<Same<DiscardOptions, { contents?: 'zero' | 'baseline' | undefined }>>();
check<Same<DirtyOptions, { rearm?: boolean | undefined }>>();
check<Same<TrimReport, { readonly pagesReleased: number; readonly privateByteLength: number }>>();
check<Same<PrefaultReport, { readonly pageCount: number }>>();
check<Same<AbortOptions, { signal?: AbortSignal | undefined }>>();
Region.allocate(1, { maxByteLength: undefined, name: undefined });
Region.allocate(1).view(undefined, undefined, { tracker: undefined });
// @ts-expect-error an option that there is not
Region.allocate(1, { maxBytes: 1 });
declare const view: MemoryView;
// @ts-expect-error a place is needed
view.map(Region.allocate(1, { mappable: true }));
// @ts-expect-error a way that there is not
Region.open('file', { access: 'read-only' });
// @ts-expect-error a tracker that there is not
Region.allocate(1).view(0, 1, { tracker: 'best' });
// @ts-expect-error lengths are numbers
Region.allocate(1n);
// @ts-expect-error a buffer is no memory
MemoryView.adopt(new ArrayBuffer(1));
// @ts-expect-error a region is captured by its bytes
Snapshot.capture(Region.allocate(1));

// Objects are made by their static methods.
// @ts-expect-error private
new Region();
// @ts-expect-error private
new MemoryView();
// @ts-expect-error private
new Snapshot();

// What is not for users is not in the types.
check<Same<Extract<keyof typeof Snapshot, 'fromNative' | 'toNative'>, never>>();

// Reports are plain data that cannot be written to.
check<
  Same<
    ResetReport,
    {
      readonly strategy: 'copy-back' | 'copy-all' | 'release' | 'remap' | 'forward';
      readonly reason: string;
      readonly tracker: TrackerKind;
      readonly pagesScanned: number;
      readonly pagesDirty: number;
      readonly pagesRestored: number;
      readonly pagesReleased: number;
      readonly byteLength: number;
      readonly microseconds: number;
    }
  >
>();
check<
  Same<
    Pick<DirtyReport, 'pageCount' | 'byteLength' | 'rangeCount' | 'ranges' | 'exact' | 'reason'>,
    {
      readonly pageCount: number;
      readonly byteLength: number;
      readonly rangeCount: number;
      readonly ranges: readonly DirtyRange[];
      readonly exact: boolean;
      readonly reason?: string;
    }
  >
>();
check<Same<Parameters<DirtyReport['forEach']>, [visit: (byteOffset: number, byteLength: number) => void]>>();
declare const dirtyReport: DirtyReport;
for (const range of dirtyReport) check<Same<typeof range, DirtyRange>>();
check<Same<DirtyRange, { readonly byteOffset: number; readonly byteLength: number }>>();
check<Same<DoctorFinding, { readonly name: string; readonly available: boolean; readonly reason?: string }>>();
check<Same<RejectedTracker, { readonly tracker: TrackerKind; readonly reason: string }>>();
check<Same<DoctorReport['trackers'], readonly DoctorFinding[]>>();
check<Same<DoctorReport['tracker'], TrackerKind | undefined>>();
check<Same<DoctorReport['runtime'], { readonly name: 'node' | 'bun' | 'deno'; readonly version: string }>>();
declare const report: ResetReport;
// @ts-expect-error read-only
report.pagesDirty = 0;
// @ts-expect-error read-only
Region.allocate(1).byteLength = 2;

// Errors.
check<
  Same<
    ErrorCode,
    | 'ERR_PAGEFOLD_ABORTED'
    | 'ERR_PAGEFOLD_BUDGET'
    | 'ERR_PAGEFOLD_BUSY'
    | 'ERR_PAGEFOLD_DETACHED'
    | 'ERR_PAGEFOLD_DISPOSED'
    | 'ERR_PAGEFOLD_DIFF_CORRUPT'
    | 'ERR_PAGEFOLD_DUPLICATE_DIFF'
    | 'ERR_PAGEFOLD_GUEST_LOST'
    | 'ERR_PAGEFOLD_ILLEGAL_REGION'
    | 'ERR_PAGEFOLD_LEASE_LOST'
    | 'ERR_PAGEFOLD_MERGE_CONFLICT'
    | 'ERR_PAGEFOLD_NOT_A_DIFF'
    | 'ERR_PAGEFOLD_NO_ORIGINALS'
    | 'ERR_PAGEFOLD_OVER_MAX'
    | 'ERR_PAGEFOLD_PARTIAL_ELEMENT'
    | 'ERR_PAGEFOLD_POOL_CLOSED'
    | 'ERR_PAGEFOLD_POOL_TIMEOUT'
    | 'ERR_PAGEFOLD_PRODUCT_UNDEFINED'
    | 'ERR_PAGEFOLD_REGION_OVERLAP'
    | 'ERR_PAGEFOLD_SIZE_MISMATCH'
    | 'ERR_PAGEFOLD_STALE_BASE'
    | 'ERR_PAGEFOLD_STALE_VIEW'
    | 'ERR_PAGEFOLD_EXTERNAL_BUFFERS'
    | 'ERR_PAGEFOLD_INVALID_ARGUMENT'
    | 'ERR_PAGEFOLD_MEMORY64'
    | 'ERR_PAGEFOLD_NOT_A_SNAPSHOT'
    | 'ERR_PAGEFOLD_NOT_WASM_MEMORY'
    | 'ERR_PAGEFOLD_NO_BASELINE'
    | 'ERR_PAGEFOLD_OUT_OF_MEMORY'
    | 'ERR_PAGEFOLD_OUT_OF_RANGE'
    | 'ERR_PAGEFOLD_SHARED_MEMORY'
    | 'ERR_PAGEFOLD_SNAPSHOT_CORRUPT'
    | 'ERR_PAGEFOLD_SNAPSHOT_TOO_LARGE'
    | 'ERR_PAGEFOLD_SYSTEM'
    | 'ERR_PAGEFOLD_UNALIGNED'
    | 'ERR_PAGEFOLD_UNRESTORABLE'
    | 'ERR_PAGEFOLD_UNSUPPORTED'
    | 'ERR_PAGEFOLD_VERIFY'
  >
>();
const error: Error = new PagefoldError('ERR_PAGEFOLD_SYSTEM', 'why', { cause: 1, errno: 2, syscall: 'open' });
if (error instanceof PagefoldError) {
  check<Same<typeof error.code, ErrorCode>>();
  check<Same<typeof error.errno, number | undefined>>();
  check<Same<typeof error.syscall, string | undefined>>();
  check<Same<typeof error.byteOffset, number | undefined>>();
  check<Same<typeof error.name, 'PagefoldError'>>();
}
check<Same<PagefoldErrorOptions['cause'], unknown>>();
// @ts-expect-error a code that there is not
new PagefoldError('ERR_PAGEFOLD_NONSENSE', 'why');
check<Same<PagefoldError['conflicts'], readonly MergeConflict[] | undefined>>();

// Merge rules.
const region: MergeRegion = { byteOffset: 0, count: 4, type: 'int', operation: 'sum' };
const rules = new MergeRules([region, { byteOffset: 64, byteLength: 'end', type: 'raw', operation: 'ignore' }], {
  gap: 'first-writer',
  maxByteLength: undefined,
});
check<
  Same<
    ConstructorParameters<typeof MergeRules>,
    [regions?: Iterable<MergeRegion> | undefined, options?: MergeRulesOptions | undefined]
  >
>();
check<Same<MergeRules['regions'], readonly DeclaredMergeRegion[]>>();
check<Same<DeclaredMergeRegion['byteLength'], number | 'end'>>();
check<Same<DeclaredMergeRegion['type'], ElementType>>();
check<Same<MergeRules['gap'], MergeOperation>>();
check<Same<ReturnType<MergeRules['coverage']>, MergeCoverage[]>>();
check<Same<ReturnType<MergeRules['toJSON']>, MergeRulesJSON>>();
check<Same<ReturnType<typeof MergeRules.fromJSON>, MergeRules>>();
new MergeRules(rules.regions);
new MergeRules();
// @ts-expect-error an operation that there is not
new MergeRules([{ byteOffset: 0, count: 1, type: 'i32', operation: 'average' }]);
// @ts-expect-error a type that there is not
new MergeRules([{ byteOffset: 0, count: 1, type: 'i128', operation: 'sum' }]);
// @ts-expect-error read-only
rules.regions[0] = region;

// Diffs.
declare const diff: SnapshotDiff;
check<Same<Parameters<MemoryView['diff']>, [options?: AuthoredDiffOptions | undefined]>>();
check<Same<ReturnType<MemoryView['diff']>, SnapshotDiff>>();
check<Same<ReturnType<MemoryView['apply']>, ApplyReport>>();
check<Same<Parameters<MemoryView['snapshot']>, [options?: SnapshotOptions | undefined]>>();
check<Same<Parameters<MemoryView['reset']>, [options?: ResetOptions | undefined]>>();
check<Same<ResetOptions, { keepIgnored?: boolean | undefined }>>();
check<Same<DiffOptions, { gap?: number | undefined; originals?: boolean | undefined }>>();
check<Same<DiffBetweenOptions['rules'], MergeRules | undefined>>();
check<Same<Parameters<SnapshotDiff['encode']>, [options?: EncodeOptions | undefined]>>();
check<Same<ReturnType<SnapshotDiff['encode']>, Uint8Array<ArrayBuffer>>>();
check<Same<Parameters<typeof SnapshotDiff.decode>, [bytes: Uint8Array, options?: DecodeOptions | undefined]>>();
check<Same<SnapshotDiff['base'], DiffBase>>();
check<Same<ReturnType<SnapshotDiff['conflicts']>, ByteRange[]>>();
check<Same<ReturnType<SnapshotDiff['applyTo']>, ApplyReport>>();
check<Same<Awaited<SnapshotDiff>, SnapshotDiff>>();
for (const entry of diff) {
  check<Same<typeof entry, DiffEntry>>();
  check<Same<typeof entry.bytes, Uint8Array<ArrayBuffer>>>();
  check<Same<typeof entry.delta, readonly ElementDelta[]>>();
}
check<Same<ElementDelta['value'], number | bigint | boolean | undefined>>();
// @ts-expect-error private
new SnapshotDiff();
// @ts-expect-error read-only
diff.origin = 1;
// @ts-expect-error it would be called by await
void diff.then;

// Versions.
declare const snapshot: Snapshot;
check<Same<ReturnType<Snapshot['sync']>, SyncReport>>();
check<Same<Parameters<Snapshot['queue']>, [diff: SnapshotDiff, options?: QueueOptions | undefined]>>();
check<Same<ReturnType<Snapshot['queue']>, number>>();
check<Same<Parameters<Snapshot['discard']>, [author: DiffAuthor]>>();
check<Same<ReturnType<Snapshot['changes']>, SnapshotChanges>>();
check<Same<SnapshotChanges['ranges'], readonly ChangedRange[]>>();
check<Same<Snapshot['parent'], SnapshotParent | undefined>>();
check<Same<ReturnType<Snapshot['share']>, SnapshotTicket>>();
check<Same<Parameters<typeof Snapshot.attach>, [ticket: SnapshotTicket]>>();
check<Same<ReturnType<Snapshot['fork']>, Snapshot>>();
check<Same<Snapshot['rules'], MergeRules>>();
// @ts-expect-error replaced by setRules
snapshot.rules = rules;
const owners: Disposable[] = [diff, snapshot];
check<Same<(typeof owners)[number], Disposable>>();
