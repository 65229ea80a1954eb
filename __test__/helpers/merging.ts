import { SnapshotDiff, type DiffEntry, type ElementType, type MergeRules } from 'pagefold';

/** Bytes a page in the cases of the specification, whatever a page of this system has. */
export const P = 4096;

/** So many bytes of one value, with others put in at offsets. */
export function filled(
  byteLength: number,
  value = 0,
  parts: Readonly<Record<number, readonly number[]>> = {},
): Uint8Array {
  const bytes = new Uint8Array(byteLength).fill(value);
  for (const [offset, part] of Object.entries(parts)) bytes.set(part, Number(offset));
  return bytes;
}

/** So many times the same byte. */
export function times(count: number, value: number): number[] {
  return new Array<number>(count).fill(value);
}

const WRITERS = {
  raw: (view, at, value) => view.setUint8(at, Number(value)),
  bool: (view, at, value) => view.setUint8(at, Number(value)),
  i8: (view, at, value) => view.setInt8(at, Number(value)),
  u8: (view, at, value) => view.setUint8(at, Number(value)),
  i16: (view, at, value) => view.setInt16(at, Number(value), true),
  u16: (view, at, value) => view.setUint16(at, Number(value), true),
  i32: (view, at, value) => view.setInt32(at, Number(value), true),
  u32: (view, at, value) => view.setUint32(at, Number(value), true),
  i64: (view, at, value) => view.setBigInt64(at, BigInt(value), true),
  u64: (view, at, value) => view.setBigUint64(at, BigInt(value), true),
  f32: (view, at, value) => view.setFloat32(at, Number(value), true),
  f64: (view, at, value) => view.setFloat64(at, Number(value), true),
} as const satisfies Record<ElementType, (view: DataView, at: number, value: number | bigint) => void>;

const READERS = {
  raw: (view, at) => view.getUint8(at),
  bool: (view, at) => view.getUint8(at),
  i8: (view, at) => view.getInt8(at),
  u8: (view, at) => view.getUint8(at),
  i16: (view, at) => view.getInt16(at, true),
  u16: (view, at) => view.getUint16(at, true),
  i32: (view, at) => view.getInt32(at, true),
  u32: (view, at) => view.getUint32(at, true),
  i64: (view, at) => view.getBigInt64(at, true),
  u64: (view, at) => view.getBigUint64(at, true),
  f32: (view, at) => view.getFloat32(at, true),
  f64: (view, at) => view.getFloat64(at, true),
} as const satisfies Record<ElementType, (view: DataView, at: number) => number | bigint>;

/** Writes one element. */
export function put(bytes: Uint8Array, at: number, type: ElementType, value: number | bigint): void {
  WRITERS[type](new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), at, value);
}

/** Reads one element. */
export function get(bytes: Uint8Array, at: number, type: ElementType): number | bigint {
  return READERS[type](new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), at);
}

/** Offset and length of each entry. */
export function places(diff: SnapshotDiff): [number, number][] {
  return Array.from(diff, ({ byteOffset, byteLength }) => [byteOffset, byteLength]);
}

/** An entry without what is made on demand. */
export function plain({ byteOffset, type, operation, bytes }: DiffEntry): object {
  return { byteOffset, type, operation, bytes: [...bytes] };
}

/** What one diff makes of its base. */
export function mergedAlone(before: Uint8Array, after: Uint8Array, rules?: MergeRules, gap = 0): Uint8Array {
  using diff = SnapshotDiff.between(before, after, { rules, gap });
  const target = new Uint8Array(after.length);
  target.set(before);
  diff.applyTo(target, before);
  return target;
}
