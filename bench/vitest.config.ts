import { defineConfig } from 'vitest/config';
import { modulePathPlugin } from '../src-main/database/testing/module-path-plugin';

/** Measurements, not tests: run by hand, one file at a time. */
export default defineConfig({
  root: `${import.meta.dirname}/..`,
  plugins: [modulePathPlugin(`${import.meta.dirname}/..`)],
  test: { include: ['bench/**/*.bench.ts'], pool: 'forks', testTimeout: 900_000, hookTimeout: 900_000 },
});
