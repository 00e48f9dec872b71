// Compiles src/kernel/assembly into src/kernel/module.ts. The result is committed, so that only who changes the kernel
// needs the compiler; test/kernel/module.test.ts holds the two to each other.
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { main as compile } from 'assemblyscript/asc';

const OPTIONS = [
  'src/kernel/assembly/scan.ts --outFile kernel.wasm -O3 --noAssert --runtime stub',
  '--importMemory --sharedMemory --initialMemory 1 --maximumMemory 65536 --enable threads --enable simd',
]
  .join(' ')
  .split(' ');

/** The text of src/kernel/module.ts, made from the sources as they are. */
export async function compileKernel() {
  const source = fileURLToPath(new URL('../src/kernel/assembly/scan.ts', import.meta.url));
  const root = fileURLToPath(new URL('..', import.meta.url));
  let wasm;
  let said = '';
  const { error } = await compile([...OPTIONS, '--baseDir', root], {
    stderr: { write: text => void (said += text) },
    writeFile: (_, contents) => {
      wasm = contents;
    },
  });
  if (error) throw new Error(`cannot compile ${source}: ${error.message}\n${said}`);
  const lines = Buffer.from(wasm)
    .toString('base64')
    .match(/.{1,104}/g);
  return `/** Made by \`npm run kernel\` from assembly/scan.ts: the WebAssembly module of the kernel. Do not edit. */
export const KERNEL_MODULE =
${lines.map(line => `  '${line}'`).join(' +\n')};
`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await writeFile(new URL('../src/kernel/module.ts', import.meta.url), await compileKernel());
}
