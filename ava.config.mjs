export default {
  files: ['__test__/**/*.spec.ts'],
  extensions: { ts: 'module' },
  nodeArguments: ['--import=tsx', '--expose-gc'],
  // Each file in its own process: tests look at descriptors, mappings and process exit.
  workerThreads: false,
  concurrency: 2,
  timeout: '5m',
};
