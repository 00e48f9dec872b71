import { expect, test } from 'vitest';
import { readHandler } from '../../src/query/handler-reader.ts';

function takesContext(handler: string): boolean | undefined {
  return readHandler(`const handler = ${handler};\nexport { handler as default };`, 'millrace')?.takesContext;
}

test.each([
  'event => event.a',
  'async event => event.a',
  '() => true',
  '({ a, b: { c }, $d }) => a',
  '({ a = 1 }) => a',
  '(event = {}) => event.a',
  'function (event) { return event.a }',
  'async function handle( event ) { return event.a }',
])('the context is out of reach of %s', handler => {
  expect(takesContext(handler)).toBe(false);
});

test.each([
  '(event, context) => context.key',
  '(event, { key }) => key',
  '(event, context = {}) => context.key',
  '({ a }, ...others) => others[0]',
  '({ a = (b, c) => b }, context) => context',
  '(event /* ) => */, context) => context',
])('the context is in reach of %s', handler => {
  expect(takesContext(handler)).toBe(true);
});

test.each([
  '(...all) => all[1]',
  'function () { return arguments[1] }',
  'function (event) { return arguments[1] }',
])('it is never said of %s that the context is out of its reach', handler => {
  expect(takesContext(handler)).not.toBe(false);
});
