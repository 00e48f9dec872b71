import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Nothing may depend on a duration; this is only where a hang ends.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Each golden case is a process or more of its own.
    maxConcurrency: 2,
  },
});
