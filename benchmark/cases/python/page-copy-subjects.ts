import type { Subject } from '../../harness/case.ts';
import { WrongResult } from '../../harness/wrong-result.ts';
import type { PageCopier } from './page-copier.ts';

export const COLD = 'other pages each time (no cache has them)';
export const WARM = 'the same pages each time';

/** Time to copy so many single pages, once from memory and once from whatever cache holds them. */
export function pageCopySubjects(copier: PageCopier, count: number): Subject[] {
  const check = (): void => {
    copier.choose(count);
    copier.copy(count);
    if (!copier.isCopied(count)) throw new WrongResult('a page was not copied');
  };
  const measure = (): { all: number; page: number } => {
    const started = performance.now();
    copier.copy(count);
    const all = (performance.now() - started) * 1000;
    return { all, page: all / count };
  };
  return [
    {
      name: COLD,
      check,
      measure() {
        copier.choose(count);
        return measure();
      },
    },
    {
      name: WARM,
      check,
      measure() {
        copier.choose(count);
        copier.copy(count);
        return measure();
      },
    },
  ];
}
