import type { Bench } from '../../../harness/suite.ts';
import { RustServer } from './rust-server.ts';

const MEBIBYTES = 64;
/** One percent. */
const DIRTY = 164;
const WANTED = 1.1;

/** The memory that views of one image take together. */
export async function sixteenViews(bench: Bench, binary: string): Promise<void> {
  const server = new RustServer(binary);
  try {
    const { views, image, dirty, resident } = await server.sixteenViews(bench.quick ? 1 : MEBIBYTES, DIRTY);
    const needed = image + dirty;
    bench.note(
      `\nreset: ${views} views of one image of ${mebibytes(image)}, each with ${DIRTY} dirty pages: ` +
        `${mebibytes(resident)} resident; the image and the dirty pages are ${mebibytes(needed)}`,
    );
    if (bench.quick) return;
    bench.figure({
      figure: `${views} views of a ${MEBIBYTES} MiB image, 1 % dirty each: resident ÷ the image and the dirty pages`,
      wanted: `≤ ${WANTED}×`,
      measured: `${(resident / needed).toFixed(3)}×`,
      reached: resident <= needed * WANTED,
    });
  } finally {
    server.close();
  }
}

function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}
