import { setCopyThreshold } from './channels.ts';
import { checkBytes, checkOptions, wrongType } from './check.ts';
import { measures as timeline } from './measures.ts';

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
export function configureDiagnostics(options: DiagnosticsOptions): void {
  const { copyByteLength, measures } = checkOptions(options);
  const bytes = copyByteLength === undefined ? undefined : checkBytes(copyByteLength, 'copyByteLength');
  if (measures !== undefined && typeof measures !== 'boolean') throw wrongType(measures, 'measures', 'a boolean');
  if (bytes !== undefined) setCopyThreshold(bytes);
  if (measures !== undefined) timeline.enabled = measures;
}
