import type { Way } from '../way.ts';

/** Every way, by the name that it has in tables. Loaded one at a time: a process measures one of them. */
export const ways = {
  pagefold: async () => (await import('./pagefold.ts')).pagefold,
  'pagefold, LZ4': async () => (await import('./pagefold.ts')).pagefoldLz4,
  'Buffer loop': async () => (await import('./buffer-loop.ts')).bufferLoop,
  'xdelta3-node': async () => (await import('./xdelta.ts')).xdelta,
  'vcdiff-wasm': async () => (await import('./vcdiff.ts')).vcdiff,
  'fossil-delta': async () => (await import('./fossil.ts')).fossil,
  'bsdiff-node': async () => (await import('./bsdiff.ts')).bsdiff,
} as const satisfies Record<string, () => Promise<Way>>;

export type WayName = keyof typeof ways;

export const wayNames = Object.keys(ways) as WayName[];
