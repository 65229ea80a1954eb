// The types of 'pagefold/wasm', as the compiler of a user sees them. Nothing here runs.
import type {
  MemoryView,
  ResetMessage,
  ResetReport,
  Snapshot,
  TrackerChoice,
  ViewOptions,
  WaitOptions,
} from 'pagefold';
import {
  InstancePool,
  InstanceSnapshot,
  type DiscardReason,
  type InstanceLease,
  type InstancePoolOptions,
  type InstancePoolStats,
  type InstanceResetMessage,
  type InstanceResetReport,
  type InstanceSnapshotOptions,
} from 'pagefold/wasm';

import { check, type Same } from './assert-type.ts';

declare const instance: WebAssembly.Instance;
const captured = InstanceSnapshot.capture(instance, { tracker: 'auto', memory: undefined, tables: undefined });
// Anything with the exports of an instance, typed by the caller or not.
InstanceSnapshot.capture({ exports: instance.exports });

check<Same<typeof captured, InstanceSnapshot>>();
check<Same<InstanceSnapshot['memory'], WebAssembly.Memory>>();
check<Same<InstanceSnapshot['view'], MemoryView>>();
check<Same<InstanceSnapshot['snapshot'], Snapshot>>();
check<Same<InstanceSnapshot['disposed'], boolean>>();
check<Same<ReturnType<InstanceSnapshot['reset']>, InstanceResetReport>>();

check<Same<InstanceSnapshotOptions['memory'], WebAssembly.Memory | undefined>>();
check<Same<InstanceSnapshotOptions['tables'], 'entries' | 'length' | undefined>>();
check<Same<InstanceSnapshotOptions['like'], Snapshot | undefined>>();
check<Same<InstanceSnapshotOptions['tracker'], TrackerChoice | undefined>>();
check<Same<InstanceSnapshotOptions['verify'], ViewOptions['verify']>>();
check<Same<InstanceSnapshotOptions['residentByteLength'], number | undefined>>();
check<Same<InstanceSnapshotOptions['idleByteLength'], number | undefined>>();
check<
  Same<
    InstanceResetReport,
    {
      readonly memory: ResetReport;
      readonly globalsRestored: number;
      readonly tableEntriesRestored: number;
      readonly rebuildRequired: boolean;
      readonly tablesGrown: readonly string[];
    }
  >
>();

// Told when all of an instance was reset.
declare const message: InstanceResetMessage;
check<Same<InstanceResetMessage['instance'], InstanceSnapshot>>();
check<Same<InstanceResetMessage['instanceReport'], InstanceResetReport>>();
const general: ResetMessage = message;
check<Same<typeof general.report, ResetReport>>();

// What one hook returns the other is given.
InstanceSnapshot.capture(instance, {
  onCapture: () => ['a'],
  onRestore: (state) => check<Same<typeof state, string[]>>(),
});
InstanceSnapshot.capture(instance, { onRestore: (state) => check<Same<typeof state, undefined>>() });
InstanceSnapshot.capture(instance, { onCapture: undefined, onRestore: undefined });
const options: InstanceSnapshotOptions<number> = { onCapture: () => 1, onRestore: (state) => state.toFixed() };
check<Same<ReturnType<typeof InstanceSnapshot.capture<number>>, InstanceSnapshot>>();
InstanceSnapshot.capture(instance, options);

const disposable: Disposable = captured;
check<Same<typeof disposable, Disposable>>();

// @ts-expect-error it is no instance
InstanceSnapshot.capture(new WebAssembly.Memory({ initial: 1 }));
// @ts-expect-error a way that there is not
InstanceSnapshot.capture(instance, { tables: 'none' });
// @ts-expect-error not what onCapture returns
InstanceSnapshot.capture(instance, { onCapture: () => 1, onRestore: (state: string) => state.length });
// @ts-expect-error private
new InstanceSnapshot();
// @ts-expect-error read-only
captured.view = {} as MemoryView;

// Pools.
interface Guest {
  readonly instance: WebAssembly.Instance;
  readonly answer: () => number;
}
declare const create: () => Promise<Guest>;
const pool = await InstancePool.create({ create, size: 2 });
check<Same<typeof pool, InstancePool<Guest>>>();
check<Same<Awaited<ReturnType<typeof pool.acquire>>, InstanceLease<Guest>>>();
check<Same<ReturnType<typeof pool.tryAcquire>, InstanceLease<Guest> | undefined>>();
check<Same<Parameters<typeof pool.acquire>, [options?: WaitOptions | undefined]>>();
check<Same<ReturnType<typeof pool.stats>, InstancePoolStats>>();
check<Same<ReturnType<typeof pool.close>, Promise<void>>>();
check<Same<(typeof pool)['snapshot'], Snapshot>>();
check<Same<InstanceLease<Guest>['guest'], Guest>>();
check<Same<InstanceLease<Guest>['view'], MemoryView>>();
check<Same<InstancePoolStats['discarded'], Readonly<Record<DiscardReason, number>>>>();
check<Same<InstancePoolOptions<Guest>['cleaner'], 'release' | 'background' | undefined>>();
const ran = pool.run((guest, lease) => (check<Same<typeof lease, InstanceLease<Guest>>>(), guest.answer()));
check<Same<typeof ran, Promise<number>>>();
const ranLater = pool.run(async (guest) => String(guest.answer()), { timeoutMs: 1, runTimeoutMs: 1 });
check<Same<typeof ranLater, Promise<string>>>();
void InstancePool.create({
  create,
  size: 1,
  onCapture: (guest) => (check<Same<typeof guest, Guest>>(), ['a']),
  beforeReset: (guest, state) => check<Same<[typeof guest, typeof state], [Guest, string[]]>>(),
  onRestore: (guest, state) => check<Same<[typeof guest, typeof state], [Guest, string[]]>>(),
});
const disposables: [AsyncDisposable, Disposable, Disposable] = [pool, pool, await pool.acquire()];
check<Same<(typeof disposables)['length'], 3>>();
// @ts-expect-error how many there are to be is missing
void InstancePool.create({ create });
// @ts-expect-error another guest
void InstancePool.create({ create, size: 1, beforeReset: (guest: string) => guest.length });
// @ts-expect-error private
new InstancePool();
// @ts-expect-error read-only
pool.stats().created = 1;
