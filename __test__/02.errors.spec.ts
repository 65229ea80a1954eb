// Errors: every code that a program can meet, and the shape that they share.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';

import {
  MemoryView,
  MergeRules,
  PagefoldError,
  PagePool,
  Region,
  Snapshot,
  SnapshotDiff,
  type ErrorCode,
} from 'pagefold';
import { InstanceSnapshot } from 'pagefold/wasm';

import test, { type ExecutionContext } from '#test';

import { outcomeOf } from './helpers/child.ts';
import { ERROR_CODES } from './helpers/error-codes.ts';
import { WASM_PAGE } from './helpers/guest.ts';
import { PAGE } from './helpers/pages.ts';
import { refused, rejected } from './helpers/refusal.ts';
import { skip } from './helpers/skip.ts';
import { temporaryFolder } from './helpers/temporary-folder.ts';

/** The diff of ones against zeros, of these lengths. */
function diffOf(before: number, after: number): SnapshotDiff {
  return SnapshotDiff.between(new Uint8Array(before), new Uint8Array(after).fill(1));
}

/** A snapshot of 16 bytes, and two diffs of it by different origins that change all of them. */
function contested(operation: 'conflict' | 'product'): Snapshot {
  const rules = new MergeRules([{ byteOffset: 0, count: 4, type: 'i32', operation }]);
  const snapshot = Snapshot.capture(new Uint8Array(16), { rules });
  const fork = snapshot.fork();
  fork.write(new Uint8Array(16).fill(1), 0);
  for (const origin of [1, 2]) snapshot.queue(snapshot.diff(fork, { origin }));
  return snapshot;
}

/** How to come by each code, where a call alone can. */
const CAUSES: Partial<Record<ErrorCode, (t: ExecutionContext) => unknown>> = {
  ERR_PAGEFOLD_BUSY: () => {
    const memory = new WebAssembly.Memory({ initial: 1 });
    return [MemoryView.adopt(memory), MemoryView.adopt(memory)];
  },
  ERR_PAGEFOLD_LEASE_LOST: () => {
    using pool = PagePool.create({ slots: 1, slotByteLength: PAGE });
    const lease = pool.tryAcquire();
    return [lease?.release(), lease?.release()];
  },
  ERR_PAGEFOLD_POOL_CLOSED: () => {
    const pool = PagePool.create({ slots: 1, slotByteLength: PAGE });
    pool.close();
    pool.tryAcquire();
  },
  ERR_PAGEFOLD_DIFF_CORRUPT: () => SnapshotDiff.decode(diffOf(1, 2).encode().subarray(0, -1)),
  ERR_PAGEFOLD_DISPOSED: () => {
    const region = Region.allocate(1);
    region.dispose();
    return region.bytes;
  },
  ERR_PAGEFOLD_DUPLICATE_DIFF: () => {
    const snapshot = contested('conflict');
    snapshot.queue(snapshot.diff(snapshot, { origin: 1, sequence: 0 }));
  },
  ERR_PAGEFOLD_ILLEGAL_REGION: () => new MergeRules([{ byteOffset: 0, count: 1, type: 'f32', operation: 'xor' }]),
  ERR_PAGEFOLD_INVALID_ARGUMENT: () => Region.allocate('1' as unknown as number),
  ERR_PAGEFOLD_MERGE_CONFLICT: () => contested('conflict').sync(),
  ERR_PAGEFOLD_NOT_A_DIFF: () => SnapshotDiff.decode(new Uint8Array(200)),
  ERR_PAGEFOLD_NOT_A_SNAPSHOT: (t) => {
    const path = join(temporaryFolder(t), 'text');
    writeFileSync(path, 'text');
    return Snapshot.open(path);
  },
  ERR_PAGEFOLD_NOT_WASM_MEMORY: () => MemoryView.adopt({} as WebAssembly.Memory),
  ERR_PAGEFOLD_NO_BASELINE: () => MemoryView.adopt(new WebAssembly.Memory({ initial: 1 })).reset(),
  ERR_PAGEFOLD_NO_ORIGINALS: () => diffOf(1, 2).invert(),
  ERR_PAGEFOLD_OUT_OF_MEMORY: () => Region.allocate(2 ** 52),
  ERR_PAGEFOLD_OUT_OF_RANGE: () => Region.allocate(-1),
  ERR_PAGEFOLD_OVER_MAX: () => Snapshot.capture(new Uint8Array(2), { maxByteLength: 1 }),
  ERR_PAGEFOLD_PARTIAL_ELEMENT: () => {
    const rules = new MergeRules([{ byteOffset: 0, count: 1, type: 'i64', operation: 'sum' }]);
    return SnapshotDiff.between(new Uint8Array(7), new Uint8Array(7).fill(1), { rules });
  },
  ERR_PAGEFOLD_PRODUCT_UNDEFINED: () => contested('product').sync(),
  ERR_PAGEFOLD_REGION_OVERLAP: () => {
    const region = { byteOffset: 0, count: 1, type: 'i64', operation: 'sum' } as const;
    return new MergeRules([region, region]);
  },
  ERR_PAGEFOLD_SHARED_MEMORY: () => MemoryView.adopt(new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true })),
  ERR_PAGEFOLD_SIZE_MISMATCH: () => diffOf(2, 1),
  ERR_PAGEFOLD_SNAPSHOT_CORRUPT: (t) => {
    const path = join(temporaryFolder(t), 'snapshot');
    Snapshot.capture(new Uint8Array(PAGE).fill(1)).save(path);
    writeFileSync(path, 'x', { flag: 'a' });
    return Snapshot.open(path);
  },
  ERR_PAGEFOLD_SNAPSHOT_TOO_LARGE: () =>
    MemoryView.adopt(new WebAssembly.Memory({ initial: 1 })).restore(Snapshot.capture(new Uint8Array(WASM_PAGE + 1))),
  ERR_PAGEFOLD_STALE_BASE: () => Snapshot.capture(new Uint8Array(1)).queue(diffOf(1, 2)),
  ERR_PAGEFOLD_STALE_VIEW: () => {
    const view = MemoryView.adopt(new WebAssembly.Memory({ initial: 1 }));
    view.snapshot().write(new Uint8Array(1), 0);
    return view.diff();
  },
  ERR_PAGEFOLD_SYSTEM: () => Snapshot.open('/nonexistent/snapshot'),
  ERR_PAGEFOLD_UNALIGNED: () => Region.allocate(2 * PAGE).view(1),
  ERR_PAGEFOLD_UNRESTORABLE: () => InstanceSnapshot.capture({ exports: {} }),
};

/** Codes that need more than a call. Each has a test below, or says in which file it has one. */
const ELSEWHERE: ReadonlySet<ErrorCode> = new Set([
  'ERR_PAGEFOLD_ABORTED',
  'ERR_PAGEFOLD_BUDGET', // 32.accounting.stats
  'ERR_PAGEFOLD_DETACHED',
  'ERR_PAGEFOLD_EXTERNAL_BUFFERS', // 31.accounting.processes
  'ERR_PAGEFOLD_GUEST_LOST', // 36.instance-pool.broken
  'ERR_PAGEFOLD_MEMORY64', // 09.instance-snapshot
  'ERR_PAGEFOLD_POOL_TIMEOUT', // 38.pool.waiters
  'ERR_PAGEFOLD_UNSUPPORTED',
  'ERR_PAGEFOLD_VERIFY', // 22.verify
]);

test('every code is reached', (t) => {
  t.deepEqual([...Object.keys(CAUSES), ...ELSEWHERE].toSorted(), [...ERROR_CODES].toSorted());
});

for (const [code, cause] of Object.entries(CAUSES)) {
  test(code, (t) => {
    const error = refused(t, code as ErrorCode, () => cause(t));
    t.true(error instanceof Error && error instanceof PagefoldError);
    t.is(error.name, 'PagefoldError');
    t.true(error.message.length > 10);
    t.false(error.message.includes('\u001f') || error.message.includes(code));
    t.true((error.stack ?? '').includes('02.errors'), 'the stack leads to the caller');
    t.true(inspect(error).includes(code));
    t.is('errno' in error, 'syscall' in error);
  });
}

test('ERR_PAGEFOLD_ABORTED', async (t) => {
  const reason = new Error('enough');
  const error = await rejected(
    t,
    'ERR_PAGEFOLD_ABORTED',
    Snapshot.openAsync('/nonexistent/snapshot', { signal: AbortSignal.abort(reason) }),
  );
  t.is(error.cause, reason);
});

test('ERR_PAGEFOLD_UNSUPPORTED', async (t) => {
  const outcome = await outcomeOf('adopt', { args: ['uffd-wp'], env: { PAGEFOLD_DISABLE: 'uffd-wp' } });
  t.like(outcome as object, { code: 'ERR_PAGEFOLD_UNSUPPORTED' });
});

test('ERR_PAGEFOLD_DETACHED', (t) => {
  const { transfer } = ArrayBuffer.prototype as { transfer?: (this: ArrayBuffer) => ArrayBuffer };
  if (transfer === undefined) return skip(t, 'ArrayBuffer.prototype.transfer', 'the engine has none');
  const region = Region.allocate(PAGE);
  const view = region.view();
  view.snapshot();
  transfer.call(region.bytes.buffer);
  for (const call of [() => region.bytes, () => view.bytes, () => view.reset()]) {
    refused(t, 'ERR_PAGEFOLD_DETACHED', call, String(call));
  }
  view.dispose();
  region.dispose();
});

test('an error of the system tells which call failed and how', (t) => {
  const error = refused(t, 'ERR_PAGEFOLD_SYSTEM', () => Snapshot.open('/nonexistent/snapshot'));
  t.is(error.errno, 2);
  t.true(typeof error.syscall === 'string' && error.syscall.length > 0);
  t.deepEqual(Object.keys(error).toSorted(), ['code', 'errno', 'name', 'syscall']);
});

test('an error that no system call caused has neither', (t) => {
  const error = refused(t, 'ERR_PAGEFOLD_OUT_OF_RANGE', () => Region.allocate(-1));
  t.is(error.errno, undefined);
  t.is(error.syscall, undefined);
  t.false('errno' in error || 'syscall' in error || 'byteOffset' in error || 'cause' in error);
});

test('an error of an engine is the cause', (t) => {
  const { cause } = refused(t, 'ERR_PAGEFOLD_NOT_WASM_MEMORY', () => MemoryView.adopt({} as WebAssembly.Memory));
  t.true(cause instanceof TypeError);
});

test('errors of the caller pass as they are', async (t) => {
  const own = new Error('of my own');
  const hostile = {
    get tracker(): never {
      throw own;
    },
    get maxByteLength(): never {
      throw own;
    },
    get signal(): never {
      throw own;
    },
  };
  t.is(
    t.throws(() => MemoryView.adopt(new WebAssembly.Memory({ initial: 1 }), hostile)),
    own,
  );
  t.is(
    t.throws(() => Region.allocate(1, hostile)),
    own,
  );
  t.is(await t.throwsAsync(Snapshot.openAsync('file', hostile)), own);
});

test('a PagefoldError can be made, for tests of those who use it', (t) => {
  const cause = new Error('why');
  const error = new PagefoldError('ERR_PAGEFOLD_SYSTEM', 'what', { cause, errno: 5, syscall: 'read' });
  t.like(error, { name: 'PagefoldError', code: 'ERR_PAGEFOLD_SYSTEM', message: 'what', errno: 5, syscall: 'read' });
  t.is(error.cause, cause);
  t.false('byteOffset' in error);
  t.is(new PagefoldError('ERR_PAGEFOLD_VERIFY', 'what', { byteOffset: 0 }).byteOffset, 0);
  t.false('cause' in new PagefoldError('ERR_PAGEFOLD_SYSTEM', 'what'));
  t.true('cause' in new PagefoldError('ERR_PAGEFOLD_SYSTEM', 'what', { cause: undefined }));
});
