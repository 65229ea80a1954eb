import type { Readings } from './case.ts';

/** One step of a cycle. */
export interface Step {
  readonly part: string;
  run(): void | Promise<void>;
}

export interface BurstOptions {
  /** How many cycles; the readings are their mean, so that what happens every nth cycle is paid for by each. */
  readonly cycles: number;
  /** Runs after each cycle, untimed. */
  readonly between?: () => void;
}

/** Name of the part that all steps of a cycle make together. */
export const TOTAL = 'total';

/** Microseconds of each step of a cycle, and of the whole when there are several. */
export async function burst(steps: readonly Step[], { cycles, between }: BurstOptions): Promise<Readings> {
  const sums = new Float64Array(steps.length);
  for (let cycle = 0; cycle < cycles; cycle += 1) {
    for (let index = 0; index < steps.length; index += 1) {
      const step = steps[index] as Step;
      const started = performance.now();
      const running = step.run();
      if (running !== undefined) await running;
      sums[index] = (sums[index] ?? 0) + (performance.now() - started);
    }
    between?.();
  }
  const readings: Record<string, number> = {};
  steps.forEach(({ part }, index) => (readings[part] = ((sums[index] ?? 0) * 1000) / cycles));
  if (steps.length > 1) readings[TOTAL] = (sums.reduce((sum, each) => sum + each, 0) * 1000) / cycles;
  return readings;
}
