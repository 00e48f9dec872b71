import { MillraceError } from '../base/errors.ts';
import { openError } from '../base/open-error.ts';
import { compressedSource, isCompressed, type UnpackLimits } from './compressed.ts';
import type { Discovery, SourceSpec } from './contract.ts';
import { deadSource } from './dead.ts';
import { fileSource } from './file.ts';
import { FollowedFiles } from './follow.ts';
import { expandGlob, isAddress, isGlob } from './globs.ts';
import { httpSource } from './http-server.ts';
import { socketSource } from './line-server.ts';
import { type ListenOptions, parseAddress } from './listening.ts';
import { isPipe, pipeSource } from './pipe.ts';
import { stdinSource } from './stdin.ts';
import { type OpenTopic, topicSource } from './topic.ts';

/** What is wanted of the inputs. */
export interface InputOptions {
  /** Whether files are followed as they grow and change. */
  readonly follow: boolean;
  readonly unpack: UnpackLimits;
  readonly listen: ListenOptions;
  /** Names that inputs have in dead letters and event ids, where these are not the ones that they were given. */
  readonly names?: ReadonlyMap<string, string>;
}

/** What the sources need of the program around them. */
export interface InputHost {
  /** Told what the user should know, and what is no error. */
  readonly tell: (note: string) => void;
  readonly openTopic: OpenTopic;
  /** Inputs, topics, that are followed in any case: each until its signal is aborted, when nothing is added any more. */
  readonly growing?: ReadonlyMap<string, AbortSignal>;
}

/** All that is read in a run. */
export interface Inputs {
  /** The sources that are known from the start, in order, a file that is named twice only once. */
  readonly specs: readonly SourceSpec[];
  /** Finds others while the run goes on. */
  readonly discovery: Discovery | undefined;
}

/** One row for each kind of source: the first whose `accepts` is true takes the input. */
type SourceKind = FileKind | ServiceKind;

interface KindOfSource {
  readonly example: string;
  readonly accepts: (input: string) => boolean;
}

/** What is there, to be read. */
interface FileKind extends KindOfSource {
  readonly files: (input: string, unpack: UnpackLimits) => Promise<SourceSpec[]> | SourceSpec[];
  /** Whether it is left to the discovery of files where these are followed. */
  readonly canFollow: boolean;
}

/** What somebody sends, or commits. */
interface ServiceKind extends KindOfSource {
  readonly service: (input: string, options: InputOptions, host: InputHost) => SourceSpec;
}

const SOURCE_KINDS: readonly SourceKind[] = [
  { example: '-', accepts: input => input === '-', files: () => [stdinSource()], canFollow: false },
  { example: '"logs/*.ndjson"', accepts: isGlob, files: globFiles, canFollow: true },
  { example: '<(zcat old.gz)', accepts: isPipe, files: input => [pipeSource(input)], canFollow: false },
  {
    example: 'old.ndjson.gz',
    accepts: input => !isAddress(input) && isCompressed(input),
    files: (input, unpack) => [compressedSource(input, unpack)],
    canFollow: false,
  },
  {
    example: 'access.ndjson',
    accepts: input => !isAddress(input),
    files: input => [fileSource(input)],
    canFollow: true,
  },
  {
    example: 'topic:errors',
    accepts: input => input.startsWith('topic:'),
    service: (input, { follow }, { openTopic, growing }) => {
      const until = growing?.get(input);
      return topicSource(input, openTopic, until === undefined ? { follow } : { follow: true, until });
    },
  },
  {
    example: 'dead:errors',
    accepts: input => input.startsWith('dead:'),
    service: (input, _, { openTopic, tell }) => deadSource(input, openTopic, tell),
  },
  {
    example: 'tcp://127.0.0.1:9000',
    accepts: input => /^(tcp|tls):\/\/|^unix:/i.test(input),
    service: (input, { listen }, { tell }) => socketSource(parseAddress(input), listen, tell),
  },
  {
    example: 'http://127.0.0.1:8080',
    accepts: input => /^https?:\/\//i.test(input),
    service: (input, { listen }, { tell }) => httpSource(parseAddress(input), listen, tell),
  },
];

/** The sources that `inputs` name. */
export async function resolveInputs(
  inputs: readonly string[],
  options: InputOptions,
  host: InputHost,
): Promise<Inputs> {
  const specs = new Map<string, SourceSpec>();
  const patterns: string[] = [];
  for (const input of inputs) {
    const kind = kindOf(input);
    if (options.follow && 'files' in kind && kind.canFollow) {
      patterns.push(input);
      continue;
    }
    const named =
      'files' in kind ? await kind.files(input, options.unpack) : [kind.service(input, options, host)];
    const name = options.names?.get(input);
    for (const spec of named) {
      const identity = spec.id ?? spec.name;
      if (!specs.has(identity)) specs.set(identity, name === undefined ? spec : { ...spec, name });
    }
  }
  const { tell } = host;
  const discovery = patterns.length > 0 ? new FollowedFiles({ patterns, tell }) : undefined;
  return { specs: [...specs.values()], discovery };
}

/** The files, globs, pipes and standard input that `inputs` name, for a program that reads them but once. */
export async function resolveFiles(inputs: readonly string[], unpack: UnpackLimits): Promise<SourceSpec[]> {
  const specs: SourceSpec[] = [];
  for (const input of inputs) {
    const kind = kindOf(input);
    if (!('files' in kind)) {
      throw new MillraceError('MILLRACE_USAGE', `"${input}" is no file`, {
        hint: 'name files, globs in quotes, or "-" for standard input',
      });
    }
    specs.push(...(await kind.files(input, unpack)));
  }
  return specs;
}

function kindOf(input: string): SourceKind {
  // As a path it would be the directory that one is in.
  const kind = input === '' ? undefined : SOURCE_KINDS.find(row => row.accepts(input));
  if (kind !== undefined) return kind;
  throw new MillraceError('MILLRACE_USAGE', `"${input}" is not an input that millrace knows`, {
    hint: `an input is one of these: ${SOURCE_KINDS.map(row => row.example).join(', ')}`,
  });
}

async function globFiles(pattern: string, unpack: UnpackLimits): Promise<SourceSpec[]> {
  const { paths, unread } = await expandGlob(pattern);
  // As with a file that cannot be read: nothing is done, and none is left out without a word.
  for (const { path, error } of unread) {
    const hint = `"${pattern}" may match what is there; make it readable for this user`;
    throw openError(path, error, { EACCES: hint, EPERM: hint });
  }
  if (paths.length === 0) {
    throw new MillraceError('MILLRACE_SOURCE_NOT_FOUND', `no file matches "${pattern}"`, {
      hint: 'check the glob',
    });
  }
  return paths.map(path => (isCompressed(path) ? compressedSource(path, unpack) : fileSource(path)));
}
