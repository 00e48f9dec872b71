import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { patchText } from '../../src/worker/patch-text.ts';
import { someEvent, someSpelling, write } from '../kernel/documents.ts';
import { outcome } from './patch-cases.ts';
import { runProgram, someProgram, type Step } from './patch-programs.ts';
import { isSame, parseTree, referencePatch } from './patch-reference.ts';

/** Whatever a handler may do to whatever an event may be. */

const someText = fc.tuple(someEvent, someSpelling).map(([event, spelling]) => write(event, spelling));

/** What `program` makes of the text's value. */
function valueOf(text: string, program: readonly Step[]): unknown {
  const value: unknown = JSON.parse(text);
  runProgram(value, program);
  return value;
}

describe('any text with any changes', () => {
  test('is patched as the rules say', () => {
    let changed = 0;
    let thrown = 0;
    fc.assert(
      fc.property(someText, someProgram, (text, program) => {
        const value = valueOf(text, program);
        const expected = outcome(() => referencePatch(text, value));
        expect(outcome(() => patchText(text, value))).toEqual(expected);
        if ('thrown' in expected) thrown++;
        else if (expected.result !== text.trim()) changed++;
      }),
      { numRuns: 3000 },
    );
    expect(changed).toBeGreaterThan(1000);
    expect(thrown).toBeGreaterThan(50);
  });

  test('says what JSON.stringify says', () => {
    fc.assert(
      fc.property(someText, someProgram, (text, program) => {
        const value = valueOf(text, program);
        const expected = outcome(() => normal(JSON.stringify(value)));
        expect(outcome(() => normal(patchText(text, value)))).toEqual(expected);
      }),
      { numRuns: 2000 },
    );
  });

  test('is what JSON.stringify gives, if the text is', () => {
    fc.assert(
      fc.property(someText, someProgram, (spelt, program) => {
        const text = JSON.stringify(JSON.parse(spelt));
        const expected = outcome(() => JSON.stringify(valueOf(text, program)));
        expect(outcome(() => patchText(text, valueOf(text, program)))).toEqual(expected);
      }),
      { numRuns: 3000 },
    );
  });

  test('keeps the text of each member that was not changed', () => {
    let kept = 0;
    fc.assert(
      fc.property(someText, someProgram, (text, program) => {
        const value = valueOf(text, program);
        const { members = [] } = parseTree(text);
        const patched = outcome(() => patchText(text, value));
        if (members.length === 0 || 'thrown' in patched || isReplaced(value)) return;
        for (const { name, value: node } of members) {
          if (members.filter(member => member.name === name).length > 1) continue;
          const property = Object.getOwnPropertyDescriptor(value, name);
          if (property?.enumerable !== true || !isSame(node, (value as Record<string, unknown>)[name]))
            continue;
          expect(patched.result).toContain(node.raw);
          kept++;
        }
      }),
      { numRuns: 1000 },
    );
    expect(kept).toBeGreaterThan(500);
  });
});

/** Whether the value decides itself what its JSON is. */
function isReplaced(value: unknown): boolean {
  return typeof (value as { toJSON?: unknown }).toJSON === 'function';
}

/** JSON as JSON.parse and JSON.stringify leave it: without what a double cannot hold. */
function normal(json: string | undefined): string | undefined {
  return json === undefined ? undefined : JSON.stringify(JSON.parse(json));
}
