import process from 'node:process';

import { binding } from './binding.ts';
import { PagefoldError } from './errors.ts';
import { Region } from './region.ts';
import { sharedMappingRefusal } from './shared-mapping.ts';
import { disabledTrackers, type TrackerKind } from './tracker.ts';

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
  readonly runtime: { readonly name: 'node' | 'bun' | 'deno'; readonly version: string };
  /** Bytes a page. */
  readonly pageByteLength?: number;
  /** What `auto` chooses here. */
  readonly tracker?: TrackerKind;
  /** Every tracker, best first. */
  readonly trackers: readonly DoctorFinding[];
  /** Every facility that was probed. */
  readonly capabilities: readonly DoctorFinding[];
}

const NOT_TRIED = 'not tried, because nothing else works here';

/** Examines this process. Never throws: what does not work is in the report. Probes run once per process. */
export function doctor(): DoctorReport {
  const system = { platform: process.platform, arch: process.arch, runtime: runtime() };
  let native;
  try {
    native = binding().diagnose(disabledTrackers());
  } catch (error) {
    return { supported: false, reason: explained(error), ...system, trackers: [], capabilities: [] };
  }
  const trackers = native.trackers.map(({ name, reason }) => finding(name, reason));
  const capabilities = native.capabilities.map(({ name, reason }) => finding(name, reason));
  const supported = native.tracker != null;
  return {
    supported,
    ...(!supported && { reason: trackers.at(-1)?.reason ?? 'no tracker works here' }),
    pagefold: native.version,
    ...system,
    ...(native.kernel != null && { kernel: native.kernel }),
    pageByteLength: native.pageByteLength,
    ...(native.tracker != null && { tracker: native.tracker as TrackerKind }),
    trackers,
    capabilities: [
      ...capabilities,
      externalBuffers(supported),
      finding('shared-mapping', supported ? sharedMappingRefusal() : NOT_TRIED),
    ],
  };
}

/** Whether the runtime allows buffers over memory that it did not allocate: tried with a real one. */
function externalBuffers(supported: boolean): DoctorFinding {
  const name = 'external-buffers';
  if (!supported) return finding(name, NOT_TRIED);
  const region = Region.allocate(1);
  try {
    return region.bytes.length === 1 ? finding(name) : finding(name, 'a buffer has the wrong length');
  } catch (error) {
    return finding(name, explained(error));
  } finally {
    region.dispose();
  }
}

function finding(name: string, reason?: string | null): DoctorFinding {
  return reason == null ? { name, available: true } : { name, available: false, reason };
}

function explained(error: unknown): string {
  const cause = error instanceof PagefoldError && error.cause instanceof Error ? ` (${error.cause.message})` : '';
  return `${error instanceof Error ? error.message : String(error)}${cause}`;
}

function runtime(): DoctorReport['runtime'] {
  const { bun, deno, node } = process.versions as Record<string, string | undefined>;
  if (bun !== undefined) return { name: 'bun', version: bun };
  if (deno !== undefined) return { name: 'deno', version: deno };
  return { name: 'node', version: node ?? 'unknown' };
}
