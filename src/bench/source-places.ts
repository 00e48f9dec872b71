import { readFileSync } from 'node:fs';
import { SourceMap, type SourceMapPayload } from 'node:module';
import { dirname, relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** Where a place in a compiled handler stands in the files that were written by hand. */

export interface SourcePlace {
  readonly path: string;
  /** From 1. */
  readonly line: number;
  readonly column: number;
}

export class SourcePlaces {
  readonly #url: string;
  readonly #directory: string;
  readonly #lines: readonly string[];
  readonly #map: SourceMap | undefined;
  readonly #sources = new Map<string, readonly string[]>();

  /** `url` is the compiled file, with its source map inside. */
  constructor(url: string) {
    this.#url = url;
    const path = fileURLToPath(url);
    this.#directory = dirname(path);
    const code = readFileSync(path, 'utf8');
    this.#lines = code.split('\n');
    const [, encoded] = /^\/\/# sourceMappingURL=data:application\/json;base64,(\S+)/m.exec(code) ?? [];
    const payload =
      encoded && (JSON.parse(Buffer.from(encoded, 'base64').toString('utf8')) as SourceMapPayload);
    this.#map = payload ? new SourceMap(payload) : undefined;
  }

  /** The place of a function's start, both counted from 0; undefined where it is in no file of the handler. */
  at(url: string, line: number, column: number): SourcePlace | undefined {
    if (url !== this.#url || this.#map === undefined) return undefined;
    const entry = this.#map.findEntry(line, column);
    if (!('originalSource' in entry)) return undefined;
    return {
      path: resolve(this.#directory, entry.originalSource.replace(/^file:\/\//, '')),
      line: entry.originalLine + 1,
      column: entry.originalColumn + 1,
    };
  }

  /** The place of a whole line, counted from 0: that of what stands first in it. */
  atLine(url: string, line: number): SourcePlace | undefined {
    const text = this.#lines[line] ?? '';
    return this.at(url, line, text.length - text.trimStart().length);
  }

  /** The text of a line of a file that was written by hand. */
  text({ path, line }: SourcePlace): string {
    let lines = this.#sources.get(path);
    if (lines === undefined) {
      lines = readLines(path);
      this.#sources.set(path, lines);
    }
    return lines[line - 1]?.trim() ?? '';
  }
}

function readLines(path: string): readonly string[] {
  try {
    return readFileSync(path, 'utf8').split('\n');
  } catch {
    return [];
  }
}

/** A place as it is told: relative to where the user is, where that is shorter. */
export function placeText({ path, line }: SourcePlace): string {
  const near = relative(process.cwd(), path);
  return `${near.startsWith('..') ? path : near}:${line}`;
}

export function placeUrl({ path }: SourcePlace): string {
  return pathToFileURL(path).href;
}
