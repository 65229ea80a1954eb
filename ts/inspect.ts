import type { InspectOptionsStylized } from 'node:util';

/** The method that `util.inspect` and `console.log` call; shared by Node.js, Bun and Deno. @internal */
export const INSPECT: unique symbol = Symbol.for('nodejs.util.inspect.custom');

type Inspect = (value: unknown, options?: InspectOptionsStylized) => string;

/** What `util.inspect` is looking at. `foreign`: a prototype, or an heir without the private parts. @internal */
export type Inspected = 'alive' | 'disposed' | 'foreign';

/** @internal */
export function stateOf(genuine: boolean, disposed: () => boolean): Inspected {
  if (!genuine) return 'foreign';
  return disposed() ? 'disposed' : 'alive';
}

/**
 * `Name { … }` with these properties, or `Name (disposed)`, if that is the word for it.
 *
 * @internal
 */
export function inspected(
  name: string,
  state: Inspected,
  properties: () => object,
  options: InspectOptionsStylized,
  inspect: Inspect,
  ended = 'disposed',
): string {
  if (state === 'alive') return `${name} ${inspect(properties(), options)}`;
  return options.stylize(state === 'disposed' ? `${name} (${ended})` : `${name} {}`, 'special');
}
