export default {
  // What scripts/prepare/tests.mjs compiles: a loader for TypeScript costs each of some hundred processes half a second.
  files: ['build/tests/**/*.spec.js'],
  nodeArguments: ['--expose-gc'],
  // Each file in its own process: tests look at descriptors, mappings and process exit.
  workerThreads: false,
  concurrency: 2,
  timeout: '5m',
};
