import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, mkdir, realpath, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { promisify } from 'node:util';
import { MillraceError, reasonOf, systemCode } from '../base/errors.ts';

/**
 * A handler as it was in a revision: `git:HEAD~1:errors.ts`. The whole tree of the revision is written to a directory of its own,
 * so that what the handler imports is that of the revision too; packages are those that are installed now. Neither the work tree
 * nor the index of the repository is touched.
 */

const run = promisify(execFile);

const FORM = /^git:([^:]+)(?::(.+))?$/;
const OUTPUT_BYTES_MAX = 64 * 1024 * 1024;

/** A handler's file that is there until it is released. */
export interface HeldHandler {
  readonly path: string;
  readonly release: () => Promise<void>;
}

export function isRevision(name: string): boolean {
  return name.startsWith('git:');
}

/**
 * The file that `name` stands for, which may be that of a revision; `other` is the file that is meant where no file is named.
 * Rejects with MILLRACE_HANDLER_NOT_FOUND.
 */
export async function holdHandler(name: string, other: string | undefined): Promise<HeldHandler> {
  if (!isRevision(name)) return { path: name, release: () => Promise.resolve() };
  const [, revision, own] = FORM.exec(name) ?? [];
  const named = own ?? (other !== undefined && isRevision(other) ? FORM.exec(other)?.[2] : other);
  if (revision === undefined || named === undefined) {
    throw new MillraceError('MILLRACE_HANDLER_NOT_FOUND', `"${name}" names no handler`, {
      hint: 'write git:REVISION:FILE, or git:REVISION beside a handler that is a file',
    });
  }
  const directory = await mkdtemp(join(tmpdir(), 'millrace-git-'));
  const release = (): Promise<void> => rm(directory, { recursive: true, force: true });
  try {
    return { path: await checkOut(revision, resolve(named), directory), release };
  } catch (error) {
    await release();
    throw notFound(named, revision, error);
  }
}

/** Writes the tree of the revision below `directory`; gives the path that `file` has there. */
async function checkOut(revision: string, file: string, directory: string): Promise<string> {
  const near = nearestDirectory(file);
  const root = (await git('it lies in no repository', near, ['rev-parse', '--show-toplevel'])).trimEnd();
  // The root has no symbolic links in it, and the file's path may.
  const inside = relative(root, join(await realpath(near), relative(near, file)));
  const object = `${revision}^{commit}`;
  const wanted = ['rev-parse', '--verify', '--end-of-options', object];
  const commit = (await git('there is no such revision', root, wanted)).trimEnd();
  await git('it has no such file', root, ['cat-file', '-e', `${commit}:${inside}`]);
  const tree = join(directory, 'tree');
  await mkdir(tree);
  const index = { GIT_INDEX_FILE: join(directory, 'index') };
  await git('its tree cannot be read', root, ['read-tree', commit], index);
  await git('it cannot be written', root, ['checkout-index', '--all', `--prefix=${tree}/`], index);
  await linkPackages(root, tree, dirname(inside));
  return join(tree, inside);
}

/** Lets the packages that are installed beside the handler, and above it, be found from the tree as well. */
async function linkPackages(root: string, tree: string, folder: string): Promise<void> {
  for (let at = folder; ; at = dirname(at)) {
    const installed = join(root, at, 'node_modules');
    const place = join(tree, at, 'node_modules');
    if (existsSync(installed) && !existsSync(place)) await symlink(installed, place);
    if (at === '.' || at === dirname(at)) return;
  }
}

function nearestDirectory(file: string): string {
  let at = dirname(file);
  while (!existsSync(at)) at = dirname(at);
  return at;
}

/** What git says; `problem` is what it means where it fails. */
async function git(
  problem: string,
  cwd: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<string> {
  const options = { cwd, env: { ...process.env, ...env }, maxBuffer: OUTPUT_BYTES_MAX };
  try {
    return (await run('git', [...args], options)).stdout;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') throw new Error('there is no git', { cause: error });
    throw new Error(problem, { cause: error });
  }
}

function notFound(file: string, revision: string, error: unknown): MillraceError {
  return new MillraceError(
    'MILLRACE_HANDLER_NOT_FOUND',
    `cannot find the handler "${file}" in revision "${revision}": ${reasonOf(error)}`,
    { hint: 'the file must be in that commit of the repository in which it lies', cause: error },
  );
}
