// Builds the page into dist/, which the server carries in its binary.
import { defineConfig } from 'vite';

// `npm run dev` serves the sources and passes everything else on to a running server.
const server = process.env.YUTU_URL ?? 'http://127.0.0.1:8080';

export default defineConfig({
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: { target: 'es2022', outDir: 'dist', assetsDir: 'assets', assetsInlineLimit: 0, modulePreload: { polyfill: false }, reportCompressedSize: true },
  server: { proxy: { '/api': server, '/tiles': server } },
});
