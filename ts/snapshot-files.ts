import type { NativeSnapshot } from '../native/index.cjs';
import { abortable, type AbortOptions } from './abortable.ts';
import { binding } from './binding.ts';
import { publishWrittenFile } from './channels.ts';
import { checkPath } from './check.ts';
import { native } from './errors.ts';
import type { Snapshot } from './snapshot.ts';
import { checkSave, type SaveAsyncOptions, type SaveOptions } from './snapshot-options.ts';

/** A snapshot as users have it, and what it stands for. @internal */
export interface SavedSnapshot {
  readonly snapshot: Snapshot;
  readonly native: NativeSnapshot;
}

/** @internal */
export function saveFile(saved: SavedSnapshot, path: string, options: SaveOptions | undefined): void {
  const [checked, base] = checkSave(path, options);
  native(() => saved.native.save(checked, base));
  publishWrittenFile('save', checked, saved.snapshot);
}

/** @internal */
export async function saveFileLater(
  saved: SavedSnapshot,
  path: string,
  options: SaveAsyncOptions | undefined,
): Promise<void> {
  const [checked, base] = checkSave(path, options);
  await abortable(options, (cancel) => saved.native.saveAsync(checked, base, cancel));
  publishWrittenFile('save', checked, saved.snapshot);
}

/** @internal */
export function compactFile(path: string): void {
  const checked = checkPath(path);
  const { NativeSnapshot } = binding();
  native(() => NativeSnapshot.compact(checked));
  publishWrittenFile('compact', checked);
}

/** @internal */
export async function compactFileLater(path: string, options: AbortOptions | undefined): Promise<void> {
  const checked = checkPath(path);
  const { NativeSnapshot } = binding();
  await abortable(options, (cancel) => NativeSnapshot.compactAsync(checked, cancel));
  publishWrittenFile('compact', checked);
}
