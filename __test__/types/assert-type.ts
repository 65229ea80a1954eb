/** Whether two types are one: neither is wider, and `readonly` and `?` are the same. */
export type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Accepts `true` alone: `check<Same<A, B>>()`. */
export function check<_Holds extends true>(): void {}
