import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Nothing may depend on a duration; this is only where a hang ends, on the slowest machine.
    testTimeout: 900_000,
    hookTimeout: 900_000,
    // Each golden case is a process or more of its own.
    maxConcurrency: 2,
  },
});
