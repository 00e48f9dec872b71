import { writeFileSync } from 'node:fs';
import { BENCHES } from './benches.ts';
import { watchDisturbance } from './disturbance.ts';
import { type KernelResult, kernelOverview } from './kernel.ts';
import { describeMachine, type Machine, machineLine } from './machine.ts';
import { type CommandLine, parseOptions, USAGE } from './options.ts';
import { benchPage } from './page/page.ts';
import { Workspace } from './workspace.ts';

/**
 * The bench of the project: what millrace promises to be, measured on the machine at hand. It ends with 0 whether goals
 * are met or not, and with 1 where a program fails, because its figures would mean nothing.
 */

/** What was measured with one node. */
interface Run {
  readonly machine: Machine;
  readonly disturbed: string;
  readonly results: readonly object[];
}

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  try {
    const commandLine = parseOptions(args);
    if (commandLine === undefined) console.log(USAGE.trim());
    else await bench(commandLine);
    return 0;
  } catch (error) {
    console.error((error as Error).message);
    return 1;
  }
}

async function bench(commandLine: CommandLine): Promise<void> {
  const { bench: name, nodes, jsonPath, ...options } = commandLine;
  const machines = nodes.map(node => ({ node, machine: describeMachine(node) }));
  const workspace = new Workspace();
  process.on('exit', () => workspace.close());
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
  if (name === 'page') return benchPage(commandLine, workspace);
  const runs: Run[] = [];
  for (const { node, machine } of machines) {
    console.log(`${runs.length === 0 ? '' : '\n'}${machineLine(machine)}`);
    const disturbance = watchDisturbance();
    const results = await BENCHES[name]!({ ...options, node }, workspace);
    const disturbed = disturbance();
    console.log(`\n${disturbed}`);
    runs.push({ machine, disturbed, results });
  }
  if (name === 'kernel') {
    for (const { machine, results } of runs) {
      console.log(`\n${kernelOverview(`node ${machine.node}`, results as readonly KernelResult[])}`);
    }
  }
  if (jsonPath === undefined) return;
  writeFileSync(jsonPath, `${JSON.stringify({ bench: name, runs }, undefined, 2)}\n`);
}
