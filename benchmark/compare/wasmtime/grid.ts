const MEBIBYTE = 2 ** 20;
const SLOTS_MEBIBYTES = [4, 64];
const RESIDENT_PAGES = [64, 1024, 8192];
const DIRTY_PAGES = [2, 16, 64, 256, 1024];
const PAGES_PER_MEBIBYTE = 256;

/** After so many calls a guest whose dirty pages move is back at the first ones. */
const PLACES = 16;

/** Few where a call takes long. */
const CYCLES = { small: 6 * PLACES, large: 2 * PLACES };
const LARGE_RESIDENT_PAGES = 4096;

/** Which pages a call writes to. */
export const layouts = {
  adjacent: 'the dirty pages are one run, the same in every call',
  scattered: 'the dirty pages are spread evenly over the resident ones, the same in every call',
  moving: `scattered, and other pages than in the call before; up to ${PLACES} places in turn`,
} as const;

export type Layout = keyof typeof layouts;

export interface Cell {
  readonly layout: Layout;
  readonly slotBytes: number;
  readonly residentPages: number;
  readonly dirtyPages: number;
  /** From one dirty page to the next. */
  readonly stride: number;
  /** Where the calls begin to write, in turn. */
  readonly firstPages: readonly number[];
  /** Calls of one turn: a multiple of the places. */
  readonly cycles: number;
}

/** Every cell that exists, those with the same guest one after the other. */
export function* cells(): Generator<Cell> {
  for (const mebibytes of SLOTS_MEBIBYTES) {
    for (const residentPages of RESIDENT_PAGES.filter((pages) => pages <= mebibytes * PAGES_PER_MEBIBYTE)) {
      for (const layout of Object.keys(layouts) as Layout[]) {
        for (const dirtyPages of DIRTY_PAGES) {
          const room = Math.floor(residentPages / dirtyPages);
          // Where all pages are dirty, no other layout than one run is left.
          if (room < 1 || (room < 2 && layout !== 'adjacent')) continue;
          const stride = layout === 'adjacent' ? 1 : room;
          const places = layout === 'moving' ? Math.min(room, PLACES) : 1;
          const firstPages = Array.from({ length: places }, (_, place) => Math.floor((place * room) / places));
          const cycles = residentPages < LARGE_RESIDENT_PAGES ? CYCLES.small : CYCLES.large;
          yield { layout, slotBytes: mebibytes * MEBIBYTE, residentPages, dirtyPages, stride, firstPages, cycles };
        }
      }
    }
  }
}
