/** Collects now, outside of what is timed, if the runtime was started with --expose-gc. */
export function collectGarbage(): void {
  globalThis.gc?.();
}
