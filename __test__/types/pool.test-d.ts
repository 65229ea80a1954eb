// What the types of the pool promise; compiled, never run.
import {
  PageLease,
  PagePool,
  type AcquireOptions,
  type AffinityOptions,
  type MemoryView,
  type PagePoolOptions,
  type PagePoolStats,
  type PoolTrimReport,
  type ResetReport,
  type Snapshot,
  type TrackerChoice,
} from 'pagefold';

import { check, type Same } from './assert-type.ts';

declare const snapshot: Snapshot;
const pool = PagePool.create({ slots: 4, snapshot });
check<Same<typeof pool, PagePool>>();
check<Same<Parameters<typeof PagePool.create>, [options: PagePoolOptions]>>();
PagePool.create({ slots: 4, maxSlots: 8, slotByteLength: 65_536, guardByteLength: 0, cleaner: 'release' });
PagePool.create({ slots: 4, idleByteLength: 0, residentByteLength: 0, tracker: 'auto', verify: 'sample', name: 'a' });
// @ts-expect-error there have to be slots
PagePool.create({ snapshot });
// @ts-expect-error no such cleaner
PagePool.create({ slots: 4, snapshot, cleaner: 'nobody' });
// @ts-expect-error made by create
new PagePool();
// @ts-expect-error made by acquire
new PageLease();
check<Same<PagePoolOptions['tracker'], TrackerChoice | undefined>>();

check<Same<ReturnType<PagePool['acquire']>, Promise<PageLease>>>();
check<Same<Parameters<PagePool['acquire']>, [options?: AcquireOptions | undefined]>>();
check<Same<ReturnType<PagePool['tryAcquire']>, PageLease | undefined>>();
check<Same<Parameters<PagePool['tryAcquire']>, [options?: AffinityOptions | undefined]>>();
check<Same<AcquireOptions['affinity'], string | number | undefined>>();
check<Same<AcquireOptions['signal'], AbortSignal | undefined>>();
check<Same<AcquireOptions['timeoutMs'], number | undefined>>();
check<Same<Parameters<PagePool['resize']>, [slots: number]>>();
check<Same<Parameters<PagePool['trim']>, [byteLength?: number | undefined]>>();
check<Same<ReturnType<PagePool['trim']>, PoolTrimReport>>();
check<Same<ReturnType<PagePool['stats']>, PagePoolStats>>();
check<Same<PagePoolStats[keyof PagePoolStats], number>>();
check<Same<PagePool['snapshot'], Snapshot>>();
// @ts-expect-error changed by resize
pool.slots = 5;

declare const lease: PageLease;
check<Same<PageLease['bytes'], Uint8Array<ArrayBuffer>>>();
check<Same<PageLease['view'], MemoryView>>();
check<Same<ReturnType<PageLease['release']>, ResetReport | undefined>>();
check<Same<PageLease['slot' | 'generation'], number>>();
check<Same<PageLease['released'], boolean>>();
// @ts-expect-error read-only
lease.bytes = new Uint8Array(1);
const owners: Disposable[] = [pool, lease];
check<Same<(typeof owners)[number], Disposable>>();
