import type { Suite } from '../harness/suite.ts';
import { diff } from './diff/suite.ts';
import { garbage } from './garbage/suite.ts';
import { overhead } from './overhead/suite.ts';
import { python } from './python/suite.ts';
import { reset } from './reset/suite.ts';
import { snapshot } from './snapshot/suite.ts';

export const suites: readonly Suite[] = [reset, overhead, python, snapshot, diff, garbage];
