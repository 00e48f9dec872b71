import { chmodSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/**
 * Makes the JavaScript of `dist`. Modules that are always loaded together are one file: Node takes longer to load a hundred
 * small modules, and in each thread again, than a short run takes. What is loaded on demand (a command, a source, a window)
 * is a file of its own, so that nobody waits for what they do not use; `npm run bench -- startup` shows both.
 */

const dist = fileURLToPath(new URL('../dist/', import.meta.url));
for (const made of ['bin', 'src']) rmSync(`${dist}${made}`, { recursive: true, force: true });

await build({
  entryPoints: [
    'bin/millrace.ts',
    'src/cli/main.ts',
    'src/worker/thread.ts',
    'src/bench/thread.ts',
    'src/bench/pipeline-child.ts',
    'src/index.ts',
  ],
  outbase: '.',
  outdir: dist,
  absWorkingDir: fileURLToPath(new URL('..', import.meta.url)),
  bundle: true,
  splitting: true,
  // As deep as every room: what the code finds beside itself (a thread, the types, the page) it finds from `../<room>/`.
  chunkNames: 'src/chunks/[name]-[hash]',
  packages: 'external',
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  plugins: [{ name: 'keep-bin-apart', setup: keepBinApart }],
});
// What draws the figures in the page of a bench: it runs in a browser, and stands in the page itself.
await build({
  entryPoints: ['src/bench/page/main.ts'],
  outfile: `${dist}src/bench/page.js`,
  absWorkingDir: fileURLToPath(new URL('..', import.meta.url)),
  bundle: true,
  minify: true,
  charset: 'utf8',
  format: 'iife',
  platform: 'browser',
  target: 'es2022',
  loader: { '.css': 'text' },
  legalComments: 'inline',
});
chmodSync(`${dist}bin/millrace.js`, 0o755);

/** What the code finds beside itself (the thread, the types) it finds from `src/*`, not from `bin`. */
function keepBinApart(bundler) {
  bundler.onResolve({ filter: /^\.\.\/src\/cli\/main\.ts$/ }, ({ path }) => ({
    path: path.replace(/ts$/, 'js'),
    external: true,
  }));
}
