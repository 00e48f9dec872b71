import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type EventReading, readHandler } from '../../src/query/handler-reader.ts';
import { compileBody } from './handler-worlds.ts';
import { expectWellFormed, runPredicate } from './run-predicate.ts';

type Verdict = EventReading['verdict'];

/** The verdict of the handler `handler`, an expression, in a module that begins with `before`. */
function verdictOf(handler: string, before = ''): Verdict {
  const body = `${before}\nvar handler_default = ${handler};`;
  return readHandler(`${body}\nexport { handler_default as default };`, 'millrace')?.verdict;
}

const LINES = [
  '{"status":500,"user":{"plan":"pro"},"ok":true}',
  '{"status":200,"user":{"plan":"free"},"ok":false}',
  '{"status":"500","ok":true,"user":null}',
  '{"user":{"plan":["pro"]}}',
  '{"status":null,"ok":1,"user":{}}',
  '{}',
  'null',
  '[]',
  '"status"',
  '5',
  '{"status":{"toString":1},"user":"plan","ok":[]}',
  '[{"status":500}]',
  '{"status":500}',
  '{"ok":true}',
  '{"user":{"plan":"pro"}}',
  '{"status":404,"user":{"plan":"pro"},"ok":{}}',
];

/** The verdict says no more than what the handler gives. Returns how many of the lines it decides. */
function expectTrue(handler: string, before: string, verdict: NonNullable<Verdict>): number {
  expectWellFormed(verdict);
  const make = compileBody(`${before}\nvar handler_default = ${handler};`)!;
  let decided = 0;
  for (const line of LINES) {
    const said = runPredicate(verdict, JSON.parse(line));
    if (said === 'unsure') continue;
    let probed = false;
    const probe = (): void => void (probed = true);
    const result = make(probe)(JSON.parse(line), {});
    expect([line, said, probed]).toEqual([line, result === true ? 'pass' : 'drop', false]);
    if (said === 'drop') expect([false, undefined, null]).toContain(result);
    decided++;
  }
  return decided;
}

describe('the verdict of a handler', () => {
  test.each([
    ['event => event.status >= 500', ''],
    ['event => { return event.status >= 500; }', ''],
    ['function (event) { return event.status >= 500; }', ''],
    ['(event, context) => event.status >= 500', ''],
    ['event => event["status"] >= LIMIT', 'const LIMIT = 500;'],
    ['event => event.status >= LIMIT', 'const LIMIT = -1, OTHER = 2;'],
    ['event => event.user?.plan === PLAN && !!event.ok', 'let PLAN = "pro";'],
    ['({ status }) => status >= 500', ''],
    ['({ status: s, ok }) => s === 500 && !ok', ''],
    ['event => event.status === 500 || probe(event.user)', ''],
    ['event => "status" in event && event.status !== 200', ''],
    ['event => !event.ok', 'const o = Object.prototype.hasOwnProperty;'],
  ])('%s %s', (handler, before) => {
    const verdict = verdictOf(handler, before);
    expect(expectTrue(handler, before, verdict!)).toBeGreaterThan(1);
  });

  test.each([
    // No boolean, or not only one.
    ['event => event.status', ''],
    ['event => event.ok && event.status', ''],
    ['event => true', ''],
    ['() => true', ''],
    ['event => { f(); return event.status > 1; }', ''],
    ['event => { if (event.ok) return event.status > 1; return false; }', ''],
    ['event => {}', ''],
    ['event => { return; }', ''],
    ['async event => event.status > 1', ''],
    ['event => f() || event.status > 1', ''],
    // Parameters that do more than name.
    ['(event, context = f()) => event.status > 1', ''],
    ['(event, { key }) => event.status > 1', ''],
    ['(event, context) => context.attempt === 1', ''],
    ['(event = {}) => event.status > 1', ''],
    ['({ status = 1 }) => status > 1', ''],
    ['({ status, user: { plan } }) => status > 1', ''],
    ['({ status, user: {} }) => status > 1', ''],
    ['({ status, user: [] }) => status > 1', ''],
    // Names that are not what they seem.
    ['event => event.status > LIMIT', 'let LIMIT = 5; LIMIT = 6;'],
    ['event => event.status > LIMIT', 'if (f) { var LIMIT = 5; }'],
    ['event => event.status > LIMIT', 'var LIMIT = f();'],
    ['event => event.status > LIMIT', ''],
    ['(event, LIMIT) => event.status > LIMIT', 'const LIMIT = 5;'],
    ['event => event.ok === undefined', 'const undefined = true;'],
    ['event => event.status > NaN', 'const NaN = 5;'],
    ['event => !event.user.plan.startsWith("p")', 'String.prototype.startsWith = f;'],
  ])('is not there: %s %s', (handler, before) => {
    expect(verdictOf(handler, before)).toBeUndefined();
  });

  test('agrees with what any handler gives', () => {
    const somePath = fc.constantFrom(
      'event.status',
      'event?.status',
      'event.ok',
      'event.user',
      'event.user?.plan',
      'event.user.plan',
      '(event?.user).plan',
      'status',
      'ok',
      'plan',
    );
    const someValue = fc.constantFrom(
      '500',
      '200.5',
      '"pro"',
      '"p"',
      'null',
      'undefined',
      'true',
      'LIMIT',
      'PLAN',
      'NaN',
      'other',
      'probe(1)',
    );
    const someCondition = fc.letrec<{ condition: string }>(tie => ({
      condition: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        fc
          .tuple(somePath, fc.constantFrom('>', '>=', '<', '<=', '==', '!=', '===', '!=='), someValue)
          .map(parts => parts.join(' ')),
        somePath.map(path => `!${path}`),
        fc
          .tuple(fc.constantFrom('status', 'plan'), fc.constantFrom('event', 'event.user'))
          .map(([name, of]) => `"${name}" in ${of}`),
        somePath.map(path => `${path}.startsWith(PLAN)`),
        fc
          .tuple(tie('condition'), fc.constantFrom('&&', '||'), tie('condition'))
          .map(([a, operator, b]) => `(${a}) ${operator} (${b})`),
        fc
          .tuple(tie('condition'), tie('condition'), tie('condition'))
          .map(([a, b, c]) => `(${a}) ? ${b} : ${c}`),
        tie('condition').map(inner => `!(${inner})`),
      ),
    })).condition;
    const someParameter = fc.constantFrom(
      'event',
      'event',
      '{ status, ok, user: plan }',
      '{ ok: status, status: ok }',
      '{ status, user: { plan } }',
      '{ plan = 5, ok }',
      'event, status',
      '{ plan }, ok = probe(1)',
    );
    const before =
      'const LIMIT = 500, other = probe; let PLAN = "pro"; var event = { status: 600, ok: true, user: {} }; const ok = true, status = 404; var plan = "p"; function f() { plan = 1; }';
    let verdicts = 0;
    fc.assert(
      fc.property(someParameter, someCondition, fc.boolean(), (parameter, condition, isBlock) => {
        const handler = `(${parameter}) => ${isBlock ? `{ return ${condition}; }` : `(${condition})`}`;
        const verdict = verdictOf(handler, before);
        if (verdict === undefined) return;
        verdicts++;
        expectTrue(handler, before, verdict);
      }),
      { numRuns: 4000 },
    );
    expect(verdicts).toBeGreaterThan(400);
  });
});
