import { PagefoldError } from '../errors.ts';
import { isTable, type NamedExport } from './exports.ts';

const { get, set } = WebAssembly.Table.prototype;
const getLength = Object.getOwnPropertyDescriptor(WebAssembly.Table.prototype, 'length')?.get as (
  this: WebAssembly.Table,
) => number;

interface SavedTable {
  readonly name: string;
  readonly table: WebAssembly.Table;
  readonly length: number;
  /** `undefined` when only the length is watched. */
  readonly entries: readonly unknown[] | undefined;
}

/** What became of an instance's tables. @internal */
export interface TablesReport {
  readonly entriesRestored: number;
  readonly grown: string[];
}

/**
 * The contents of an instance's exported tables.
 *
 * @internal
 */
export class SavedTables {
  readonly #saved: readonly SavedTable[];

  /** @throws {PagefoldError} `ERR_PAGEFOLD_UNRESTORABLE` for a table whose entries JavaScript cannot see. */
  constructor(exports: Iterable<NamedExport>, withEntries: boolean) {
    // By identity: a table can be exported under several names, of which the first one counts.
    const saved = new Map<WebAssembly.Table, SavedTable>();
    for (const [name, table] of exports) {
      if (!isTable(table) || saved.has(table)) continue;
      saved.set(table, { name, table, ...readTable(name, table, withEntries) });
    }
    this.#saved = [...saved.values()];
  }

  /** How many tables there are. */
  get count(): number {
    return this.#saved.length;
  }

  /**
   * Puts back every entry that differs. A table cannot shrink: what it has grown by is set to null, so that nothing of a
   * request survives in it, and the table is named in the report. Costs about 0.1 us an entry.
   */
  restore(): TablesReport {
    const grown: string[] = [];
    let entriesRestored = 0;
    for (const saved of this.#saved) {
      const length = getLength.call(saved.table);
      if (length > saved.length) grown.push(saved.name);
      if (saved.entries !== undefined) entriesRestored += restoreEntries(saved.table, saved.entries, length);
    }
    return { entriesRestored, grown };
  }
}

function restoreEntries(table: WebAssembly.Table, entries: readonly unknown[], length: number): number {
  let restored = 0;
  for (let index = 0; index < length; index += 1) {
    const wanted = index < entries.length ? entries[index] : null;
    // Object.is, because an entry can be NaN.
    if (Object.is(get.call(table, index), wanted)) continue;
    if (index < entries.length) set.call(table, index, wanted);
    else if (!emptied(table, index)) continue;
    restored += 1;
  }
  return restored;
}

/** `false` for a table whose type has no null. */
function emptied(table: WebAssembly.Table, index: number): boolean {
  try {
    set.call(table, index, null);
    return true;
  } catch {
    return false;
  }
}

/** Length of a table and, if wanted, every entry. */
function readTable(
  name: string,
  table: WebAssembly.Table,
  withEntries: boolean,
): Pick<SavedTable, 'length' | 'entries'> {
  try {
    const length = getLength.call(table);
    if (!withEntries) return { length, entries: undefined };
    return { length, entries: Array.from({ length }, (_, index) => get.call(table, index) as unknown) };
  } catch (cause) {
    throw new PagefoldError(
      'ERR_PAGEFOLD_UNRESTORABLE',
      `the exported table '${name}' has a type whose entries JavaScript cannot read`,
      { cause },
    );
  }
}
