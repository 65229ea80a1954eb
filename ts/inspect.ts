import type { InspectOptionsStylized } from 'node:util';

/** The method that `util.inspect` and `console.log` call; shared by Node.js, Bun and Deno. @internal */
export const INSPECT: unique symbol = Symbol.for('nodejs.util.inspect.custom');

type Inspect = (value: unknown, options?: InspectOptionsStylized) => string;

/**
 * `Name { … }` with these properties, or `Name (disposed)`.
 *
 * @internal
 */
export function inspected(
  name: string,
  disposed: boolean,
  properties: () => object,
  options: InspectOptionsStylized,
  inspect: Inspect,
): string {
  return disposed ? options.stylize(`${name} (disposed)`, 'special') : `${name} ${inspect(properties(), options)}`;
}
