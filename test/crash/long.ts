/** What `scripts/proof.mjs` takes of all this: each is a test of this folder, as long as one likes. */

export { CALL_KINDS } from '../support/faulty-disk.ts';
export { LIVES } from '../support/store-life.ts';
export { bytesOf, flipBits, makeStore } from './bit-flips.ts';
export { failEach, failInLife, failInRecovery, modesOf } from './failing-calls.ts';
export { runKillCycles } from './kill-cycles.ts';
export { damageLarge } from './large-damage.ts';
export { countDisks, failPower, tellingCrashes } from './power-failures.ts';
export { failEachCall, fillDisk, limitFileSizes } from './process-faults.ts';
export { compileShim } from './shim.ts';
export { acknowledgeSlowly } from './slow-sync.ts';
