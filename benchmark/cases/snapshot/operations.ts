import { rmSync } from 'node:fs';

import { MemoryView, Snapshot } from 'pagefold';

import { collectGarbage } from '../../harness/collect-garbage.ts';
import { checkSameBytes } from '../../harness/same-bytes.ts';
import { memoryWith } from '../reset/resident-heap.ts';

/** Something that is done to a whole memory. */
export interface Operation {
  readonly name: string;
  /** Untimed, before each run. */
  prepare?(): void;
  run(): void;
  /** After a run. @throws {WrongResult} */
  check(): void;
  dispose?(): void;
}

export function copying(contents: Uint8Array): Operation {
  const heap = new Uint8Array(memoryWith(contents).buffer);
  return {
    name: 'memcpy (Uint8Array.set)',
    prepare: () => heap.fill(0),
    run: () => heap.set(contents),
    check: () => checkSameBytes(heap, contents, 'copied memory'),
  };
}

/** The first snapshot of a memory that the engine has filled. */
export function capturing(contents: Uint8Array): Operation {
  let view: MemoryView | undefined;
  let snapshot: Snapshot | undefined;
  const drop = (): void => {
    view?.dispose();
    snapshot?.dispose();
    view = snapshot = undefined;
    collectGarbage();
  };
  return {
    name: 'view.snapshot()',
    prepare() {
      drop();
      view = MemoryView.adopt(memoryWith(contents));
    },
    run() {
      snapshot = view?.snapshot();
    },
    check: () => checkContents(snapshot, contents),
    dispose: drop,
  };
}

/** A memory takes turns between two snapshots. */
export function restoring(contents: Uint8Array): Operation {
  const memory = memoryWith(contents);
  const view = MemoryView.adopt(memory);
  const wanted = view.snapshot();
  const other = Snapshot.capture(
    new Uint8Array(contents.length).fill(
      1,
      0,
      contents.findLastIndex((byte) => byte > 0),
    ),
  );
  return {
    name: 'view.restore()',
    prepare: () => void view.restore(other),
    run: () => void view.restore(wanted),
    check: () => checkSameBytes(view.bytes, contents, 'restored memory'),
    dispose() {
      view.dispose();
      wanted.dispose();
      other.dispose();
    },
  };
}

export function saving(contents: Uint8Array, path: string): Operation {
  const snapshot = Snapshot.capture(contents);
  return {
    name: 'snapshot.save()',
    prepare: () => rmSync(path, { force: true }),
    run: () => snapshot.save(path),
    check() {
      using saved = Snapshot.open(path);
      checkContents(saved, contents);
    },
    dispose: () => snapshot.dispose(),
  };
}

export function opening(contents: Uint8Array, path: string): Operation {
  let opened: Snapshot | undefined;
  {
    using snapshot = Snapshot.capture(contents);
    snapshot.save(path);
  }
  return {
    name: 'Snapshot.open()',
    prepare: () => opened?.dispose(),
    run() {
      opened = Snapshot.open(path);
    },
    check: () => checkContents(opened, contents),
    dispose: () => opened?.dispose(),
  };
}

function checkContents(snapshot: Snapshot | undefined, contents: Uint8Array): void {
  checkSameBytes(snapshot?.read(0, contents.length) ?? new Uint8Array(), contents, 'contents of the snapshot');
}
