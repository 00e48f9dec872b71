import type { Predicate, Program } from './program.ts';
import type { TrieNode } from './trie.ts';

const NODE_BYTES = 48;
const TEST_BYTES = 32;

/** Writes a program as assembly/trie.ts and assembly/predicate.ts read it; all addresses are those of the memory. */
export class ProgramWriter {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #address: number;
  #next = 0;
  /** For each node the address of its next sibling, known from its parent. */
  readonly #siblings = new Map<number, number>();

  constructor(bytes: Uint8Array, address: number) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#address = address;
  }

  /** Whether there is room for the program. */
  fits({ fields, predicate }: Program): boolean {
    const names = fields.flatMap(({ segments }) => segments).map(({ nameBytes }) => nameBytes.length);
    const nodes = names.reduce((sum, length) => sum + length + 8 + NODE_BYTES, NODE_BYTES);
    const tests = predicate?.tests ?? [];
    const code = tests.reduce((sum, { text }) => sum + text.length * 3 + 8 + TEST_BYTES, 0);
    return nodes + code <= this.#bytes.length;
  }

  /** Writes the nodes of the trie, which must be the first thing. */
  nodes(trie: readonly TrieNode[]): void {
    const at = this.#take(trie.length * NODE_BYTES);
    const addressOf = (node: number): number => this.#address + at + node * NODE_BYTES;
    const view = this.#view;
    for (const [number, { nameBytes, index, field, children, last }] of trie.entries()) {
      const node = at + number * NODE_BYTES;
      const name = this.#text(nameBytes);
      const headBytes = Math.min(8, nameBytes.length);
      for (let i = 0; i < 8; i++) {
        this.#bytes[node + i] = i < headBytes ? nameBytes[i]! : 0;
        this.#bytes[node + 8 + i] = i < headBytes ? 0xff : 0;
      }
      view.setUint32(node + 16, name, true);
      view.setUint32(node + 20, nameBytes.length, true);
      view.setInt32(node + 24, field, true);
      view.setInt32(node + 28, index, true);
      view.setUint32(node + 32, children.length === 0 ? 0 : addressOf(children[0]!), true);
      view.setUint32(node + 36, this.#siblings.get(number) ?? 0, true);
      view.setUint32(node + 40, addressOf(last + 1), true);
      view.setUint32(node + 44, 0, true);
      for (const [place, child] of children.entries()) {
        const next = children[place + 1];
        this.#siblings.set(child, next === undefined ? 0 : addressOf(next));
      }
    }
  }

  /** Writes the tests; returns the address of the first. */
  tests({ tests }: Predicate): number {
    const at = this.#take(tests.length * TEST_BYTES);
    const view = this.#view;
    for (const [number, { op, field, onTrue, onFalse, number: operand, text }] of tests.entries()) {
      const test = at + number * TEST_BYTES;
      const textBytes = Buffer.from(text, 'utf8');
      view.setUint32(test, op, true);
      view.setUint32(test + 4, field, true);
      view.setInt32(test + 8, onTrue, true);
      view.setInt32(test + 12, onFalse, true);
      view.setFloat64(test + 16, operand, true);
      view.setUint32(test + 24, this.#text(textBytes), true);
      view.setUint32(test + 28, textBytes.length, true);
    }
    return this.#address + at;
  }

  #text(bytes: Uint8Array): number {
    const at = this.#take(bytes.length);
    this.#bytes.set(bytes, at);
    return this.#address + at;
  }

  #take(bytes: number): number {
    const at = this.#next;
    this.#next += Math.ceil(bytes / 8) * 8;
    return at;
  }
}
