import type { Handler } from '../../src/index.ts';

/** The default export of the module with this text, made anew. */
export function handlerOf(text: string): Handler {
  // oxlint-disable-next-line no-implied-eval, typescript/no-implied-eval -- the text is what is tested.
  return new Function(`"use strict";\n${text.replace('export default ', 'return ')}`)() as Handler;
}

/**
 * Handlers as the text of their modules, of all kinds that the decoding of events could make a difference to. They look at
 * members that the documents of ../kernel/documents.ts have.
 */
export const HANDLERS: readonly string[] = [
  // Conditions, which the kernel may decide by itself.
  'export default event => event.a > 1',
  'export default event => event.a === "a" || event.b.c',
  'export default event => event?.a?.b != null',
  'export default event => "id" in event',
  'export default event => typeof event.a === "string" && event.a.startsWith("{")',
  'export default event => event.a.length > 2',
  'export default event => event["a.b"] || event.é || event[""]',
  'export default event => event[0] === 1 || event.a[1]',
  'export default ({ a, b }) => a === b',
  'export default ({ a: { b } = {} }) => b',
  'export default () => true',
  'const least = 1; export default event => event.c >= least && !event.b',

  // Members that are set, always or sometimes, to what they were or to something else.
  'export default event => { event.x = 1; return event }',
  'export default event => { event.x = 1; event.ab = "é€"; event.w = [1, { y: null }]; return event }',
  'export default event => { event.a = event.b; return event }',
  'export default event => { event.a = event.a; return event }',
  'export default event => { if (event.a) event.b = event.a > 1; return event }',
  'export default event => { if (event.b?.c) event.b = 1; return event }',
  'export default event => { event.id = undefined; return event }',
  'export default event => { event.n = NaN; event.a = -0; event.b = 1e21; return event }',
  'export default event => { event.a += 1; event.c++; return event }',
  'export default event => { event.id ??= "none"; event.ab ||= 5; return event }',
  'export default event => { event.x = event.a; event.y = event.a; return event }',
  'export default event => { event.a = structuredClone(event.a); return event }',
  'export default event => { event.x = new Date(0); event.b = new Map(); event.a = () => 1; return event }',
  'export default event => { event["a.b"] = 1; event.é = "\\ud800"; event["\\""] = 2; return event }',

  // Members that are deleted, always or sometimes.
  'export default event => { delete event.a; return event }',
  'export default event => { delete event.a; event.x = 1; delete event.c; return event }',
  'export default event => { if (event.a?.b) delete event.a; return event }',
  'export default event => { if (event.b) delete event.a; else event.a.c = 5; return event }',
  'export default event => { if (event.a.b) delete event.a; if (event.c) delete event.b; return event }',

  // Changes further inside.
  'export default event => { event.a.b = 1; return event }',
  'export default event => { event.a.b.c = { d: [1, 2] }; return event }',
  'export default event => { event.a[0] = event.b; return event }',
  'export default event => { event.a.push(1); event.x = event.a.length; return event }',
  'export default event => { event.a.sort(); return event }',
  'export default event => { delete event.a.b; event.x = 2; return event }',
  'export default event => { for (const name in event.a) event.a[name] = null; return event }',
  'export default event => { Object.assign(event.a, { z: 1 }); event.b = event.b; return event }',
  'export default event => { event.a.toJSON = () => 5; return event }',
  'export default event => { const { a } = event; if (a) a.b = a.c; return event }',

  // What else may be returned.
  'export default event => event',
  'export default event => event.a && event',
  'export default event => event.a ? event : event.b',
  'export default event => event.a',
  'export default event => ({ ...event })',
  'export default event => ({ ...event, x: 1 })',
  'export default event => ({ ...event, b: event.a, é: "é" })',
  'export default event => ({ ...event, a: undefined, x: NaN, id: { ...event.id } })',
  'export default event => event.a && { ...event, x: event.a }',
  'export default event => { delete event.a; event.y = 2; return { ...event, x: event.c, y: 1 } }',
  'export default event => { if (event.a?.b) event.a.b = 1; return { ...event, c: [event.b] } }',
  'export default event => (event.b ? event : { ...event, a: { b: event.a?.b, c: 5 } })',
  'export default async event => { await null; return { ...event, a: event.a } }',
  'export default event => ({ x: 1, ...event })',
  'export default event => ({ ...event, ...event.a })',
  'export default event => (event.a ? { ...event, x: 1 } : { y: event.b })',
  'export default event => ({ a: event.a, b: event.b?.c })',
  'export default event => [event.a, true, event.b]',
  'export default event => [event, { again: event.a }]',
  'export default event => { const { a, ...rest } = event; return rest }',
  'export default event => JSON.parse(JSON.stringify(event))',
  'export default function handle(event) { return arguments[0].a }',

  // Functions of the module, promises, errors, and the context.
  'const size = value => value?.length; function mark(event) { event.x = size(event.a); return event } export default event => mark(event)',
  'const touch = part => { part.b = 1 }; export default event => { touch(event.a); return event }',
  'export default async event => { await null; event.x = 1; return event }',
  'export default async event => { const { a } = event; await null; a.b = 1; return event }',
  'export default async event => event.a',
  'export default async event => { if (event.a) throw new Error("no"); return event }',
  'export default event => { throw new TypeError(`bad ${event.a}`) }',
  'export default event => { if (event.a) throw event.a; return event }',
  'export default event => { event.c = 1n; event.b = {}; event.b.self = event.b; event.a = 1n; return event }',
  'export default (event, { id, attempt }) => { event.x = [id, attempt]; return event }',
  'export default (event, context = {}) => { event.x = context.id; return event }',
  'export default (event, ...others) => { event.x = others[0].id; return event }',
];
