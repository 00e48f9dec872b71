import { writeFileSync } from 'node:fs';
import { watchDisturbance } from './disturbance.ts';
import { describeMachine, machineLine } from './machine.ts';
import { benchMemory } from './memory.ts';
import { type BenchOptions, parseOptions, USAGE } from './options.ts';
import { benchStartup } from './startup.ts';
import { benchThroughput } from './throughput.ts';
import { Workspace } from './workspace.ts';

/**
 * The bench of the project: what millrace promises to be, measured on the machine at hand. It ends with 0 whether goals
 * are met or not, and with 1 where a program fails, because its figures would mean nothing.
 */

const BENCHES = { throughput: benchThroughput, memory: benchMemory, startup: benchStartup } as const;

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  try {
    const options = parseOptions(args);
    if (options === undefined) console.log(USAGE.trim());
    else await bench(options);
    return 0;
  } catch (error) {
    console.error((error as Error).message);
    return 1;
  }
}

async function bench(options: BenchOptions): Promise<void> {
  const machine = describeMachine(options.node);
  console.log(machineLine(machine));
  const workspace = new Workspace();
  process.on('exit', () => workspace.close());
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
  const disturbance = watchDisturbance();
  const results = await BENCHES[options.bench](options, workspace);
  const disturbed = disturbance();
  console.log(`\n${disturbed}`);
  if (options.jsonPath === undefined) return;
  const { bench: name } = options;
  writeFileSync(
    options.jsonPath,
    `${JSON.stringify({ bench: name, machine, disturbed, results }, undefined, 2)}\n`,
  );
}
