import type { Emitted } from './protocol.ts';
import { toJson } from './to-json.ts';

/**
 * What a handler emits to topics beside that of the run (`context.emit`). It counts only if the handler comes to its end
 * without an error, and then goes with the result of the batch, by lines, so that the order is that of the source.
 */

/** Events, in order, each with the number of its topic. */
export type EmittedTexts = readonly (readonly [topic: number, text: string])[];

/** What one call of a handler has emitted so far. */
export class Emissions {
  readonly #topics: readonly string[];
  readonly #jsonOf: (event: unknown) => string;
  #texts: (readonly [topic: number, text: string])[] = [];
  #isOver = false;

  /** `jsonOf` gives the text of an event that is emitted. */
  constructor(topics: readonly string[], jsonOf: (event: unknown) => string = toJson) {
    this.#topics = topics;
    this.#jsonOf = jsonOf;
  }

  /** Adds an event; throws where the topic is none of those that the handler has declared, or it is too late. */
  add(topic: string, event: unknown): void {
    const at = this.#topics.indexOf(topic);
    if (at < 0) {
      const known = this.#topics.length === 0 ? 'none' : this.#topics.join(', ');
      throw new Error(`the handler emits to "${topic}", which is not among its "topics" (${known})`);
    }
    if (this.#isOver) throw new Error('context.emit was called after the handler had returned');
    this.#texts.push([at, this.#jsonOf(event)]);
  }

  /** Ends it; gives what was emitted, in order. */
  end(): EmittedTexts {
    this.#isOver = true;
    return this.#texts;
  }
}

/** What the handler has emitted in a batch. */
export class EmittedLines {
  readonly #byTopic = new Map<number, { lines: number[]; texts: string[] }>();

  add(line: number, emissions: EmittedTexts): void {
    for (const [topic, text] of emissions) {
      let own = this.#byTopic.get(topic);
      if (own === undefined) this.#byTopic.set(topic, (own = { lines: [], texts: [] }));
      own.lines.push(line);
      own.texts.push(text);
    }
  }

  /** All of it, by topics and in the order of the lines, whatever order they came in. */
  result(): Emitted[] {
    return [...this.#byTopic]
      .sort(([a], [b]) => a - b)
      .map(([topic, own]) => {
        const { lines, texts } = inOrder(own);
        const bytes = new Uint8Array(Buffer.from(texts.map(text => `${text}\n`).join('')));
        let end = 0;
        const ends = texts.map(text => (end += Buffer.byteLength(text) + 1));
        return { topic, lines: Int32Array.from(lines), ends: Int32Array.from(ends), bytes };
      });
  }
}

interface LineTexts {
  readonly lines: number[];
  readonly texts: string[];
}

function inOrder(own: LineTexts): LineTexts {
  const { lines, texts } = own;
  if (lines.every((line, at) => at === 0 || lines[at - 1]! <= line)) return own;
  const order = lines.map((_, at) => at).sort((a, b) => lines[a]! - lines[b]!);
  return { lines: order.map(at => lines[at]!), texts: order.map(at => texts[at]!) };
}
