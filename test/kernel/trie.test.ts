import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parsePath } from '../../src/kernel/path.ts';
import { buildTrie, type TrieNode } from '../../src/kernel/trie.ts';
import { somePointer } from './documents.ts';

function trieOf(...paths: string[]): readonly TrieNode[] {
  return buildTrie(paths.map(parsePath));
}

function nameOf({ nameBytes }: TrieNode): string {
  return Buffer.from(nameBytes).toString();
}

/** Each node's names from the root, by walking `children`. */
function pathsBelow(nodes: readonly TrieNode[], at: number, names: readonly string[]): [number, string[]][] {
  return nodes[at]!.children.flatMap(child => {
    const path = [...names, nameOf(nodes[child]!)];
    return [[child, path] as [number, string[]], ...pathsBelow(nodes, child, path)];
  });
}

describe('buildTrie', () => {
  test('has one root and nothing else for no fields', () => {
    expect(buildTrie([])).toEqual([
      { nameBytes: new Uint8Array(0), index: -1, field: -1, children: [], last: 0 },
    ]);
  });

  test('shares prefixes, and numbers nodes before what is below them', () => {
    const nodes = trieOf('user.name', 'status', 'user', 'user.tags.0');
    expect(nodes.map(node => [nameOf(node), node.index, node.field, node.children, node.last])).toEqual([
      ['', -1, -1, [1, 5], 5],
      ['user', -1, 2, [2, 3], 4],
      ['name', -1, 0, [], 2],
      ['tags', -1, -1, [4], 4],
      ['0', 0, 3, [], 4],
      ['status', -1, 1, [], 5],
    ]);
  });

  test('refuses paths that are the same however they are written, and one without a segment', () => {
    expect(() => trieOf('a.b', '/a/b')).toThrow('twice');
    expect(() => buildTrie([{ text: '', segments: [] }])).toThrow('no segment');
  });

  test('has exactly the nodes that the paths pass, each field at the end of its own', () => {
    fc.assert(
      fc.property(fc.uniqueArray(somePointer, { maxLength: 12 }), pointers => {
        const paths = pointers.map(parsePath);
        const nodes = buildTrie(paths);
        const walked = pathsBelow(nodes, 0, []);
        expect(walked.map(([node]) => node)).toEqual(
          Array.from({ length: nodes.length - 1 }, (_, at) => at + 1),
        );
        expect(new Set(walked.map(([, names]) => JSON.stringify(names)))).toEqual(
          new Set(
            paths.flatMap(({ segments }) =>
              segments.map((_, at) => JSON.stringify(segments.slice(0, at + 1).map(({ name }) => name))),
            ),
          ),
        );
        for (const [field, { segments }] of paths.entries()) {
          const end = nodes.findIndex(node => node.field === field);
          expect(walked[end - 1]![1]).toEqual(segments.map(({ name }) => name));
        }
        for (const [own, node] of nodes.entries()) {
          let next = own + 1;
          for (const child of node.children) {
            expect(child).toBe(next);
            next = nodes[child]!.last + 1;
          }
          expect(node.last).toBe(next - 1);
        }
      }),
    );
  });
});
