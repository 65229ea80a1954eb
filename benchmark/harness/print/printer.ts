import type { CaseResult } from '../result.ts';
import type { Figure } from '../suite.ts';

/** Where results go. */
export interface Printer {
  case(result: CaseResult): void;
  note(text: string): void;
  figures(figures: readonly Figure[]): void;
}
