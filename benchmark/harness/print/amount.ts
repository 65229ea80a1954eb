/** A value in at most four digits. */
export function digits(value: number): string {
  const size = Math.abs(value);
  if (size >= 1000) return Math.round(value).toLocaleString('en-US');
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3);
}

/** Microseconds are turned into the unit that people would use. */
export function amount(value: number, unit: string): string {
  if (unit !== 'µs') return `${digits(value)} ${unit}`;
  const size = Math.abs(value);
  if (size >= 1e6) return `${digits(value / 1e6)} s`;
  if (size >= 1e3) return `${digits(value / 1e3)} ms`;
  return size < 0.1 ? `${digits(value * 1000)} ns` : `${digits(value)} µs`;
}

export function times(ratio: number): string {
  return `${digits(ratio)}×`;
}
