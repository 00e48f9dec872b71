import { type FileHandle, open } from 'node:fs/promises';
import { MillraceError, reasonOf } from '../base/errors.ts';
import { type FdWriter, standardOutput } from '../base/fd-writer.ts';
import { CHUNK_BYTES, UNWRITTEN_BYTES_MAX } from '../base/limits.ts';
import type { CommitView, Output } from './output.ts';

/**
 * Standard output as output (`--to -`): nothing is stored, and what is ready is written at once. Dead letters are
 * handed to `onDead`, and written to a file where one is named.
 */

export interface StdoutOutputOptions {
  readonly deadFile: string | undefined;
  readonly onDead: (letter: string) => void;
  /** Called when nobody reads standard output any more. */
  readonly onClosed: () => void;
  readonly onFailure: (error: unknown) => void;
  readonly view: CommitView;
}

export class StdoutOutput implements Output {
  readonly positions = {};
  readonly readBefore = 0;
  readonly cuts = [];
  readonly #options: StdoutOutputOptions;
  readonly #deadFile: FileHandle | undefined;
  readonly #out: FdWriter = standardOutput();
  #buffer = new Uint8Array(CHUNK_BYTES);
  #filled = 0;
  #dead = '';
  #unwrittenBytes = 0;
  #written: Promise<void> = Promise.resolve();

  private constructor(options: StdoutOutputOptions, deadFile: FileHandle | undefined) {
    this.#options = options;
    this.#deadFile = deadFile;
  }

  static async open(options: StdoutOutputOptions): Promise<StdoutOutput> {
    const { deadFile } = options;
    return new StdoutOutput(options, deadFile === undefined ? undefined : await openDeadFile(deadFile));
  }

  /** It ends with the run. */
  changeState(): void {}

  append(bytes: Uint8Array, start: number, end: number): void {
    const needed = this.#filled + end - start;
    if (needed > this.#buffer.length) {
      const larger = new Uint8Array(Math.max(needed, this.#buffer.length * 2));
      larger.set(this.#buffer.subarray(0, this.#filled));
      this.#buffer = larger;
    }
    this.#buffer.set(bytes.subarray(start, end), this.#filled);
    this.#filled = needed;
  }

  async addTopics(topics: readonly string[]): Promise<void> {
    if (topics.length === 0) return;
    throw new MillraceError(
      'MILLRACE_USAGE',
      `the handler emits to topics (${topics.join(', ')}), and --to - has none`,
      {
        hint: 'name a topic with --to',
      },
    );
  }

  /** Nothing is kept: state lasts as long as the run. */
  emit(): void {
    // There are no topics but that of the state.
  }

  state(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  dead(letter: string): void {
    this.#options.onDead(letter);
    if (this.#deadFile !== undefined) this.#dead += letter;
  }

  endChunk(): void {
    const { isAwaited, take } = this.#options.view;
    if (this.#filled === 0 && this.#dead === '' && !isAwaited()) return;
    const bytes = this.#buffer.slice(0, this.#filled);
    const dead = this.#dead;
    this.#filled = 0;
    this.#dead = '';
    this.#unwrittenBytes += bytes.length;
    const taken = take();
    this.#next(() => this.#write(bytes, dead).then(taken.committed));
  }

  endSource(): void {
    this.#next(this.#options.view.take().committed);
  }

  ready(): Promise<void> | undefined {
    return this.#unwrittenBytes > UNWRITTEN_BYTES_MAX ? this.#written : undefined;
  }

  async useHandler(): Promise<void> {
    // Nothing tells of it.
  }

  commit(): Promise<void> {
    return this.#written;
  }

  async close(): Promise<void> {
    await this.#deadFile?.close();
  }

  /** Does this after all that was to be written before; a failure is told whether anybody waits for it or not. */
  #next(step: () => Promise<void> | void): void {
    this.#written = this.#written.then(step);
    this.#written.catch((error: unknown) => this.#options.onFailure(error));
  }

  async #writeDead(letters: string): Promise<void> {
    try {
      await this.#deadFile!.appendFile(letters);
    } catch (error) {
      throw deadFileError(this.#options.deadFile!, error);
    }
  }

  async #write(bytes: Uint8Array, dead: string): Promise<void> {
    if (dead !== '') await this.#writeDead(dead);
    await this.#out.write(bytes);
    this.#unwrittenBytes -= bytes.length;
    if (this.#out.closed) this.#options.onClosed();
  }
}

function deadFileError(path: string, error: unknown): MillraceError {
  return new MillraceError(
    'MILLRACE_OUTPUT_WRITE',
    `cannot write dead letters to "${path}": ${reasonOf(error)}`,
    { cause: error },
  );
}

async function openDeadFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'w');
  } catch (error) {
    throw deadFileError(path, error);
  }
}
