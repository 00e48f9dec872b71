import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { MillraceError } from '../base/errors.ts';
import { type Disk, readWhole, writeAll } from './disk.ts';

/**
 * One writer for a job.
 *
 * Every process that wants to write puts a file of its own name into the lock's directory, and only then looks at the
 * others. If another one lives, it takes its own file away again. Of two that come at the same time at least the later
 * sees the earlier, so never both go on; and files of dead processes can be removed by anybody, because the dead do
 * not come back. No file is ever taken over, which is where such locks go wrong.
 */

interface Owner {
  readonly pid: number;
  /** When the process started, in ticks since boot: tells a process from a later one with its number. */
  readonly started: string;
  /** The number space that `pid` belongs to. */
  readonly space: string;
}

const TRIES = 5;

/** Takes the lock; gives what releases it. Rejects with MILLRACE_STORE_LOCKED while another process has it. */
export async function takeLock(disk: Disk, directory: string, what: string): Promise<() => Promise<void>> {
  const self = ownIdentity();
  const name = `${self.pid}-${Math.random().toString(36).slice(2, 10)}`;
  const path = `${directory}/${name}`;
  for (let attempt = 1; ; attempt++) {
    await putOwner(disk, path, self);
    const other = await findLiving(disk, directory, name);
    if (other === undefined) return () => disk.remove(path);
    await disk.remove(path);
    // Two that came together both step back: each tries again after a time of its own.
    if (attempt === TRIES) throw locked(what, directory, other);
    await new Promise(resolve => setTimeout(resolve, 5 + Math.random() * 20 * attempt));
  }
}

async function putOwner(disk: Disk, path: string, owner: Owner): Promise<void> {
  const partial = `${path}.partial`;
  const file = await disk.open(partial, 'create');
  try {
    await writeAll(file, Buffer.from(JSON.stringify(owner)), 0);
  } finally {
    await file.close();
  }
  await disk.rename(partial, path);
}

async function findLiving(disk: Disk, directory: string, own: string): Promise<Owner | undefined> {
  for (const name of await disk.list(directory)) {
    if (name === own || name.endsWith('.partial')) continue;
    const path = `${directory}/${name}`;
    const bytes = await readWhole(disk, path);
    if (bytes === undefined) continue;
    const owner = parseOwner(bytes);
    if (owner !== undefined && mayLive(owner)) return owner;
    await disk.remove(path);
  }
  return undefined;
}

function parseOwner(bytes: Uint8Array): Owner | undefined {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8')) as Owner;
  } catch {
    // Renamed into place after it was written: such a file is what a dead machine left.
    return undefined;
  }
}

/** Whether the process may be alive; one that cannot be seen from here is taken to be. */
function mayLive(owner: Owner): boolean {
  const self = ownIdentity();
  if (owner.space !== self.space) return !sameMachineRestarted(owner.space, self.space);
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    if ((error as { code?: string }).code === 'ESRCH') return false;
  }
  const started = startOf(owner.pid);
  return started === undefined || started === owner.started;
}

function ownIdentity(): Owner {
  return { pid: process.pid, started: startOf(process.pid) ?? '', space: numberSpace() };
}

/** Host, boot and process name space: the world in which a process number means something. */
function numberSpace(): string {
  return [
    hostname(),
    quietly(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()),
    quietly(() => readlinkSync('/proc/self/ns/pid')),
  ].join(' ');
}

/** The same host after a restart: whatever ran before is dead. */
function sameMachineRestarted(then: string, now: string): boolean {
  const [thenHost, thenBoot] = then.split(' ');
  const [nowHost, nowBoot] = now.split(' ');
  return thenHost === nowHost && thenBoot !== '' && thenBoot !== nowBoot;
}

/** Field 22 of /proc/PID/stat, or undefined where there is no such file. */
function startOf(pid: number): string | undefined {
  const stat = quietly(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  // The command's name, in brackets, may hold anything, brackets and blanks too.
  return stat === '' ? undefined : stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
}

function quietly(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}

function locked(what: string, directory: string, owner: Owner): MillraceError {
  const here = owner.space === numberSpace();
  return new MillraceError('MILLRACE_STORE_LOCKED', `${what} is being written by process ${owner.pid}`, {
    hint: here
      ? 'wait for it to end, or stop it'
      : `it runs in another container or on another host; if it is gone, remove the files in "${directory}"`,
  });
}
