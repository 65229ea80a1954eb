import assert from 'node:assert/strict';
import { test } from 'node:test';

import { cargoProblem, nodeProblem } from '../prepare/requirements.mjs';

test('Node.js versions of the engines field are accepted', () => {
  for (const version of ['20.19.0', '20.20.2', '22.12.0', '24.0.0', '26.10.0']) {
    assert.equal(nodeProblem(version), undefined, version);
  }
});

test('any other Node.js is named in one line with what to install', () => {
  for (const version of ['18.20.0', '20.18.3', '21.7.3', '22.11.0', '23.5.0']) {
    assert.match(nodeProblem(version), new RegExp(`^Node.js ${version} .*install .*20\\.19.*$`), version);
  }
});

test('a missing or too old cargo is named in one line with what to install', () => {
  assert.match(cargoProblem(undefined), /^cargo was not found: install Rust 1\.89 .*$/);
  assert.match(cargoProblem('1.88.0'), /^cargo 1\.88\.0 is too old: install Rust 1\.89 .*$/);
  for (const version of ['1.89.0', '1.95.0', '2.0.0']) assert.equal(cargoProblem(version), undefined, version);
});
