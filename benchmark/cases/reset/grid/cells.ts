import type { Cell } from './cell.ts';

const PAGES_PER_MEBIBYTE = 256;

/** Every cell there is. */
export function allCells(): Cell[] {
  const cells: Cell[] = [];
  for (const slotMebibytes of [4, 16, 64]) {
    for (const resident of [64, 1024, 8192]) {
      for (const dirty of [2, 16, 64, 256, 1024, 4096]) {
        if (resident > slotMebibytes * PAGES_PER_MEBIBYTE || dirty > resident) continue;
        for (const randomPercent of [0, 25, 50]) {
          for (const busy of [false, true]) cells.push({ slotMebibytes, resident, dirty, randomPercent, busy });
        }
      }
    }
  }
  return cells;
}

/** Slot, resident, dirty, random: some of each kind, among them every size and the corners. */
const SOME = `
   4   64    2   0  idle
   4   64   16  25  idle
   4   64   64  50  idle busy
   4 1024    2  50  idle
   4 1024   64  25  idle busy
   4 1024 1024   0  idle
  16   64   16   0  idle
  16 1024    2   0  idle
  16 1024   16  50  idle busy
  16 1024  256  25  idle busy
  64   64    2  25  idle
  64 1024   16   0  idle
  64 1024 1024  50  idle
  64 8192    2   0  idle busy
  64 8192   16  50  idle
  64 8192   64   0  idle busy
  64 8192   64  50  idle busy
  64 8192  256  25  idle
  64 8192 1024  25  idle
  64 8192 4096   0  idle
  64 8192 4096  25  idle busy`;

/** Enough to see that everything works. */
const FEW = `
   4   64    2  25  idle
   4 1024   64  50  busy`;

export function someCells(): Cell[] {
  return parsed(SOME);
}

export function fewCells(): Cell[] {
  return parsed(FEW);
}

function parsed(text: string): Cell[] {
  return text
    .trim()
    .split('\n')
    .flatMap((line) => {
      const [slotMebibytes, resident, dirty, randomPercent, ...beside] = line.trim().split(/ +/) as Line;
      const numbers = {
        slotMebibytes: Number(slotMebibytes),
        resident: Number(resident),
        dirty: Number(dirty),
        randomPercent: Number(randomPercent),
      };
      return beside.map((word) => ({ ...numbers, busy: word === 'busy' }));
    });
}

type Line = [slotMebibytes: string, resident: string, dirty: string, randomPercent: string, ...beside: string[]];
