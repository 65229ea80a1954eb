import assert from 'node:assert/strict';
import { test } from 'node:test';

import { differences } from '../declarations/differences.mjs';

test('equal texts have no differences', () => {
  assert.deepEqual(differences('a\nb\n', 'a\nb\n'), []);
});

test('changed, added and removed lines are named, the common ones are not', () => {
  assert.deepEqual(differences('a\nb\nc', 'a\nx\nc\nd'), ['- b', '+ x', '+ d']);
  assert.deepEqual(differences('a\nb\nc', 'a\nc'), ['- b']);
});

test('a long list is cut', () => {
  const after = Array.from({ length: 100 }, (_, index) => `line ${index}`).join('\n');
  const lines = differences('', after);
  assert.equal(lines.length, 41);
  assert.match(lines.at(-1), /^… and \d+ more lines$/);
});
