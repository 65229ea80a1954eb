import type { Suite } from '../harness/suite.ts';
import { diff } from './diff/suite.ts';
import { garbage } from './garbage/suite.ts';
import { instancePool } from './instance-pool/suite.ts';
import { overhead } from './overhead/suite.ts';
import { pool } from './pool/suite.ts';
import { python } from './python/suite.ts';
import { reset } from './reset/suite.ts';
import { server } from './server/suite.ts';
import { snapshot } from './snapshot/suite.ts';

export const suites: readonly Suite[] = [reset, overhead, python, snapshot, diff, pool, instancePool, garbage, server];
