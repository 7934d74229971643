// Unit tests of the pure rooms: state, coordinates, text and symbols.
import { defineConfig } from 'vitest/config';

export default defineConfig({ test: { include: ['src/**/*.test.ts'], environment: 'node' } });
