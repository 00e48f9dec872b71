import { compileHandler } from '../worker/compile.ts';
import { holdHandler } from '../worker/handler-revision.ts';
import type { BenchOptions } from './options.ts';
import type { Subject } from './subject.ts';

/** The handlers that are measured: those that were named, behind what they are compared with. */
export async function openSubjects({ handlers, against }: BenchOptions): Promise<readonly Subject[]> {
  const old = against?.kind === 'git' ? handlers.map(path => `git:${against.revision}:${path}`) : [];
  const names = [...old, ...handlers];
  const subjects: Subject[] = [];
  try {
    for (const [at, name] of names.entries()) {
      subjects.push(await openSubject(name, names[at === 0 ? 1 : 0], names.length > 1 && at === 0));
    }
    return subjects;
  } catch (error) {
    await closeSubjects(subjects);
    throw error;
  }
}

/** `other` is the handler that is meant where a revision names no file. */
async function openSubject(name: string, other: string | undefined, isBaseline: boolean): Promise<Subject> {
  const { path, release } = await holdHandler(name, other);
  try {
    return { name, path, handler: await compileHandler(path), isBaseline, release };
  } catch (error) {
    await release();
    throw error;
  }
}

export async function closeSubjects(subjects: readonly Subject[]): Promise<void> {
  for (const { release } of subjects) await release();
}
