// Rolls the declarations of ts/ up into the two committed pages of public API: index.d.ts and wasm.d.ts.
// With --check it only compares, and fails with the first differences.
import './project-root.mjs';

import { readFileSync, writeFileSync } from 'node:fs';

import { differences } from './declarations/differences.mjs';
import { rollUp } from './declarations/roll-up.mjs';

const PAGES = [
  { page: 'index.d.ts', module: 'pagefold', entry: 'index.d.ts' },
  { page: 'wasm.d.ts', module: 'pagefold/wasm', entry: 'wasm/index.d.ts' },
];

const check = process.argv.includes('--check');
const drifted = [];

for (const { page, text: wanted } of await rollUp('build/types', PAGES)) {
  const committed = read(page);
  if (committed === wanted) continue;
  if (!check) {
    writeFileSync(page, wanted);
    console.log(`${page} written`);
    continue;
  }
  drifted.push(page);
  console.error(`${page} differs from ts/ (- committed, + generated):`);
  console.error(differences(committed, wanted).join('\n'));
}

if (drifted.length > 0) {
  console.error('\nReview the change of the public API, then run: npm run declarations');
  process.exitCode = 1;
} else if (check) {
  console.log(`${PAGES.map(({ page }) => page).join(' and ')} agree with ts/`);
}

function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return '';
    throw error;
  }
}
