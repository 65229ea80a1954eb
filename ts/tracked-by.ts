import type { NativeView } from '../native/index.cjs';
import { binding } from './binding.ts';
import { pagesIn } from './page.ts';
import type { Source } from './source.ts';
import { disabledTrackers } from './tracker.ts';
import type { CheckedViewOptions } from './view-options.ts';

/**
 * What tracks a memory: something new, or what a pool has for its slot.
 *
 * @internal
 */
export function trackedBy(source: Source, options: CheckedViewOptions): NativeView {
  if (source.leased !== undefined) return source.leased.view();
  const { tracker, residentByteLength, verify } = options;
  const { NativeView } = binding();
  const buffer = source.buffer();
  const byteLength = source.byteLength(buffer);
  const { byteOffset, claimByteLength } = source;
  const view = new NativeView(buffer, byteOffset, byteLength, claimByteLength, tracker, disabledTrackers());
  view.setLimits(residentByteLength === undefined ? undefined : pagesIn(residentByteLength), verify);
  return view;
}
