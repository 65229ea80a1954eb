// Does something with regions and snapshots, and tells what the process has then. The scenario is the argument.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

import { PagefoldError, Region, Snapshot, SnapshotDiff, stats, type Stats } from 'pagefold';

import { collectedUntil, collectGarbage, turn } from '../helpers/garbage.ts';
import { PAGE } from '../helpers/pages.ts';
import { projectFile } from '../helpers/project.ts';
import { startWorker } from '../helpers/worker.ts';

const MIB = 2 ** 20;

const { toldToEngine } = createRequire(import.meta.url)(projectFile('native', 'index.cjs')) as {
  toldToEngine(): number;
};

/** What the engine counts itself. */
function counted(): number {
  return process.memoryUsage().external;
}

function* scope(): Generator<number, void> {
  const region = Region.allocate(MIB);
  yield region.bytes.length;
  region.dispose();
}

async function waits(): Promise<void> {
  const region = Region.allocate(MIB);
  await new Promise(() => {});
  region.dispose();
}

function round(): void {
  const region = Region.allocate(3 * PAGE, { maxByteLength: 9 * PAGE });
  region.grow(5 * PAGE);
  region.dispose();
  const exposed = Region.allocate(2 * PAGE);
  exposed.bytes[0] = 1;
  exposed.dispose();
}

const SCENARIOS: Record<string, () => unknown> = {
  /** 10^6 operations of all kinds. */
  async drift() {
    const bytes = new Uint8Array(PAGE).fill(1);
    const zeros = new Uint8Array(PAGE);
    const rare = (): void => {
      const snapshot = Snapshot.capture(bytes, { maxByteLength: 4 * PAGE });
      snapshot.write(bytes.subarray(0, 8), PAGE / 2);
      const other = Snapshot.attach(snapshot.share());
      snapshot.dispose();
      other.dispose();
      SnapshotDiff.between(zeros, bytes).dispose();
    };
    for (let warm = 0; warm < 2000; warm++) {
      round();
      rare();
    }
    await collectGarbage();
    // What the engine counts itself, and what it was told.
    const before = { counted: counted(), told: toldToEngine() };
    let operations = 0;
    const least = { ...before };
    while (operations < 1_000_000) {
      for (let step = 0; step < 1000; step++, operations += 6) round();
      for (let step = 0; step < 5; step++, operations += 8) rare();
      least.counted = Math.min(least.counted, counted());
      least.told = Math.min(least.told, toldToEngine());
      await turn();
    }
    // Large enough to be told at once, and dropped.
    for (let step = 0; step < 50; step++) {
      Region.allocate(20 * MIB);
      if (step % 10 === 9) await turn();
    }
    await collectedUntil(() => stats().regions.live === 0 && counted() <= before.counted + PAGE);
    const drift = { counted: counted() - before.counted, told: toldToEngine() - before.told };
    return { operations, least, drift, live: stats().regions.live, charged: stats().chargedByteLength };
  },

  /** What regions and snapshots add to what the engine is told of. */
  async charges() {
    Region.allocate(PAGE).bytes.fill(1);
    const contents = new Uint8Array(32 * MIB).fill(1);
    await collectGarbage();
    const base = { told: toldToEngine(), charged: stats().chargedByteLength };
    const seen: Record<string, { told: number; charged: number }> = {};
    const look = (name: string): void => {
      seen[name] = { told: toldToEngine() - base.told, charged: stats().chargedByteLength - base.charged };
    };
    const region = Region.allocate(64 * MIB, { maxByteLength: 256 * MIB });
    look('allocated');
    region.grow(128 * MIB);
    look('grown');
    region.bytes[0] = 1;
    look('exposed');
    region.dispose();
    look('disposed');
    const snapshot = Snapshot.capture(contents);
    look('captured');
    const again = Snapshot.attach(snapshot.share());
    look('attached');
    snapshot.dispose();
    look('one left');
    again.dispose();
    look('none left');
    const diff = SnapshotDiff.between(new Uint8Array(32 * MIB), contents);
    look('diff');
    diff.dispose();
    look('no diff');
    return seen;
  },

  /** Buffers that were transferred away: the memory stays, and does not count as unreclaimed. */
  async transferred() {
    const { transfer } = ArrayBuffer.prototype as { transfer?: (this: ArrayBuffer) => ArrayBuffer };
    if (transfer === undefined) return { absent: true };
    const kept = Array.from({ length: 40 }, () => {
      const { buffer } = Region.allocate(MIB).bytes;
      return transfer.call(buffer);
    });
    await collectGarbage();
    // An allocation notices, and the turns after it tell that nobody is to come.
    for (let step = 0; step < 20; step++) Region.allocate(MIB).bytes[0] = 1;
    await collectedUntil(() => stats().unreclaimedByteLength === 0);
    const { mappedByteLength, unreclaimedByteLength } = stats();
    assert.ok(kept.every((buffer) => new Uint8Array(buffer).every((byte) => byte === 0)));
    kept.length = 0;
    const isBack = await collectedUntil(() => stats().mappedByteLength <= MIB);
    return { mapped: mappedByteLength, unreclaimed: unreclaimedByteLength, isBack };
  },

  /** Scopes that are left by an exception, and generators and functions that are never resumed. */
  async scopes() {
    const before = stats().regions;
    for (let step = 0; step < 100; step++) {
      try {
        const region = Region.allocate(MIB);
        try {
          region.bytes[0] = 1;
          region.grow(-1);
        } finally {
          region[Symbol.dispose]();
        }
      } catch (error) {
        assert.ok(error instanceof PagefoldError);
      }
    }
    const { live, disposed } = stats().regions;
    for (let step = 0; step < 100; step++) {
      scope().next();
      void waits();
    }
    const isBack = await collectedUntil(() => stats().regions.live === 0);
    const after = stats().regions;
    return { live, disposed: disposed - before.disposed, isBack, collected: after.vacuumed + after.finalized };
  },

  /** A child of the process has neither its mappings nor its descriptors. */
  inherited() {
    const region = Region.allocate(MIB, { mappable: true });
    region.bytes.fill(7);
    const snapshot = Snapshot.capture(region.bytes);
    const own = readFileSync('/proc/self/maps', 'utf8').match(/memfd:pagefold/g)?.length ?? 0;
    const script = 'ls -l /proc/self/fd; cat /proc/self/maps';
    const { stdout } = spawnSync('sh', ['-c', script], { encoding: 'utf8' });
    region.dispose();
    snapshot.dispose();
    return { own, inherited: stdout.match(/pagefold/g)?.length ?? 0, listed: stdout.includes('[stack]') };
  },

  /** Workers that end while they hold things. */
  async workers() {
    const ways = ['return', 'exit', 'terminate', 'terminate in a loop', 'throw'];
    const outcomes: Record<string, Stats> = {};
    const own = Region.allocate(MIB);
    own.bytes.fill(3);
    for (const way of ways) {
      for (let round = 0; round < 3; round++) {
        const worker = startWorker('holder', way);
        const ended = new Promise((resolve) => worker.on('exit', resolve));
        worker.on('error', (error) => assert.match(String(error), /on purpose/));
        if (way.startsWith('terminate')) {
          await new Promise((resolve) => worker.on('message', resolve));
          await worker.terminate();
        }
        await ended;
      }
      await collectedUntil(() => stats().regions.live === 1 && stats().snapshots.live === 0, 20);
      outcomes[way] = stats();
    }
    assert.ok(own.bytes.every((byte) => byte === 3));
    own.dispose();
    return outcomes;
  },

  /** A runtime that forbids buffers over foreign memory, as `refuse-external.c` makes it do. */
  async forbidden() {
    const codes = new Set<string>();
    for (let step = 0; step < 200; step++) {
      const region = Region.allocate(MIB, { mappable: true });
      for (const use of [() => region.bytes, () => region.view()]) {
        try {
          use();
          codes.add('none');
        } catch (error) {
          codes.add(error instanceof PagefoldError ? error.code : String(error));
        }
      }
      region.grow(MIB);
      const snapshot = Snapshot.capture(new Uint8Array(PAGE).fill(1));
      assert.equal(snapshot.read(0, 1)[0], 1);
      snapshot.dispose();
      if (step % 2 === 0) region.dispose();
    }
    // The last one may still be in a register.
    const isBack = await collectedUntil(() => stats().mappedByteLength <= MIB);
    return { codes: [...codes], isBack };
  },
};

const work = SCENARIOS[process.argv[2] ?? ''];
if (work === undefined) throw new Error(`no scenario ${process.argv[2]}`);
const outcome: unknown = await work();
console.log(JSON.stringify(outcome));
process.exit(0);
