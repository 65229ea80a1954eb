import { PagefoldError } from '../errors.ts';

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
  constructor(exports: Iterable<[string, WebAssembly.ExportValue]>, withEntries: boolean) {
    const saved: SavedTable[] = [];
    for (const [name, table] of exports) {
      if (!(table instanceof WebAssembly.Table)) continue;
      saved.push({ name, table, ...readTable(name, table, withEntries) });
    }
    this.#saved = saved;
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
    for (const { name, table, length, entries } of this.#saved) {
      const now = getLength.call(table);
      if (now > length) grown.push(name);
      if (entries === undefined) continue;
      for (let index = 0; index < now; index += 1) {
        const wanted = index < length ? entries[index] : null;
        if (get.call(table, index) === wanted) continue;
        set.call(table, index, wanted);
        entriesRestored += 1;
      }
    }
    return { entriesRestored, grown };
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
