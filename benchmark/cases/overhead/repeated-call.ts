import type { Readings } from '../../harness/case.ts';

/** Microseconds of one call. What it returns is looked at, so that the call cannot be left out. */
export function repeatedCall(call: () => unknown, calls: number): Readings {
  let last: unknown;
  const started = performance.now();
  for (let index = 0; index < calls; index += 1) last = call();
  const time = ((performance.now() - started) * 1000) / calls;
  if (last === repeatedCall) throw new Error('a call returned what it cannot know');
  return { call: time };
}
