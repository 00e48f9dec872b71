import { expect, it } from 'vitest';
import { KERNEL_MODULE } from '../../src/kernel/module.ts';
import { compileKernel } from '../../scripts/build-kernel.mjs';

it('module.ts is what the sources in assembly/ compile to', async () => {
  // Written anew by `npm run kernel`.
  const compiled = await compileKernel();
  const base64 = [...compiled.matchAll(/^ {2}'(.*)'/gm)].map(([, line]) => line).join('');
  expect(base64).toBe(KERNEL_MODULE);
});
