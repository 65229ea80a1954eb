import assert from 'node:assert/strict';
import { test } from 'node:test';

import { markPrivateConstructors, readModules, separateDocumented } from '../declarations/page-text.mjs';

test('every declared module is read on its own, one level less indented', () => {
  const text =
    "declare module 'a' {\n\tinterface A {\n\t\tx: 1;\n\t}\n}\n\ndeclare module 'a/b' {\n\ttype B = 2;\n}\n\n//# map";
  assert.deepEqual(
    [...readModules(text)],
    [
      ['a', 'interface A {\n\tx: 1;\n}\n'],
      ['a/b', 'type B = 2;\n'],
    ],
  );
});

test('a class whose constructor was stripped gets a private one', () => {
  const text = 'export class A {\n\t#private;\n\tx: 1;\n}\nexport class B {\n\tconstructor(x: 1);\n}\n';
  assert.equal(markPrivateConstructors(text), text.replace('#private;', '#private;\n\tprivate constructor();'));
});

test('a class that shows its constructor, or hides nothing, stays as it is', () => {
  const text = 'export class A {\n\t#private;\n\tconstructor(x: 1);\n}\nexport class B {\n\tx: 1;\n}\n';
  assert.equal(markPrivateConstructors(text), text);
});

test('documented members are set apart, except the first of their block', () => {
  const text = 'interface A {\n  /** x */\n  x: 1;\n  /** y */\n  y: 2;\n  z: 3;\n}\n/** B */\ntype B = 4;\n';
  assert.equal(
    separateDocumented(text),
    'interface A {\n  /** x */\n  x: 1;\n\n  /** y */\n  y: 2;\n  z: 3;\n}\n\n/** B */\ntype B = 4;\n',
  );
});
