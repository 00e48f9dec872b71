import { build } from 'esbuild';
import { describe, expect, test } from 'vitest';
import { type EventReading, type Part, readHandler } from '../../src/query/handler-reader.ts';

/** What is read of a handler and what is not, case by case; handler-runs.test.ts shows that all of it is true. */

/** A module that stands for millrace, and can be imported. */
const MILLRACE = `data:text/javascript,${encodeURIComponent('export const defineHandler = d => d, other = () => 1;')}`;

/** The reading of the handler `handler`, an expression, in a module that begins with `before`. */
function read(handler: string, before = ''): EventReading | undefined {
  return readHandler(
    `${before}\nvar handler_default = ${handler};\nexport { handler_default as default };\n`,
    MILLRACE,
  );
}

/** The parts by their paths, a whole one with a `!` behind it. */
function pathsOf(parts: readonly Part[], above = ''): string {
  return parts
    .map(({ name, whole, parts: inner }) =>
      `${above}${name}${whole ? '!' : ''} ${pathsOf(inner, `${above}${name}.`)}`.trim(),
    )
    .toSorted()
    .join(' ');
}

function list(word: string, names: readonly string[]): string {
  return names.length > 0 ? `; ${word} ${names.toSorted().join(' ')}` : '';
}

/** The whole reading in one line. */
function show(reading: EventReading | undefined): string {
  if (reading === undefined) return 'nothing';
  const { parts, writes, deletes, returnsEvent, returnsCopy } = reading;
  const returns = `${returnsEvent ? '; returns' : ''}${returnsCopy ? '; copies' : ''}`;
  return `${pathsOf(parts)}${list('writes', writes)}${list('deletes', deletes)}${returns}`;
}

describe('readHandler reads', () => {
  test.each([
    // Members, and what is seen of them.
    ['event => event.status >= 500', 'status!'],
    ['event => event.user.name', 'user user.name!'],
    ['event => event?.user?.name', 'user user.name!'],
    ['event => (event?.user).name', 'user user.name!'],
    ['event => event["a-b"][`c`][0]', 'a-b a-b.c a-b.c.0!'],
    ['event => { event.a; }', 'a'],
    ['event => { !event.a.b; return event.a; }', 'a!'],
    ['event => !event.user', 'user'],
    ['event => !event.user && event.user.name', 'user user.name!'],
    ['event => event.user && event.user.name > 1', 'user user.name!'],
    ['event => event.user ? 1 : 2', 'user'],
    [
      'event => { if (event.a) return 1; while (event.b) break; do {} while (event.c); for (; event.d; ) break; }',
      'a b c d',
    ],
    // Copies with members set.
    ['event => ({ ...event })', '; copies'],
    ['event => ({ ...event, slow: event.ms > 5, b: 1 })', 'ms!; writes b slow; copies'],
    ['event => event.ok && { ...event, "a-b": 1 }', 'ok; writes a-b; copies'],
    ['event => { if (event.a) return { ...event, b: event.a }; return false; }', 'a!; writes b; copies'],
    ['event => (event.a ? event : { ...event, b: 1 })', 'a; writes b; returns; copies'],
    [
      'async event => { event.a = 1; delete event.c; return { ...event, b: 2 }; }',
      'c; writes a b; deletes c; copies',
    ],
    ['event => ({ ...event, user: { ...event.user, x: 1 } })', 'user!; writes user; copies'],
    ['event => event.user == null', 'user'],
    ['event => null !== event.user', 'user'],
    ['event => event.user != undefined', 'user'],
    ['event => void 0 === event.user', 'user'],
    ['event => event.user === "a"', 'user'],
    ['event => event.user == "a"', 'user!'],
    ['event => typeof event.user === "object"', 'user'],
    ['event => { switch (event.a) { case event.b: return 1; } }', 'a b'],
    ['event => (event.user ?? {}).name', 'user user.name!'],
    ['event => (event.user || event.owner).name', 'user user.name! owner owner.name!'],
    ['event => (event.a, event.b)', 'a b!'],
    ['event => (event.ok ? event.a : event.b).c', 'a a.c! b b.c! ok'],
    ['event => "x" in event', 'x'],
    ['event => "x" in event.user', 'user user.x'],
    ['event => `${event.a}`', 'a!'],
    ['event => event.a + event.b', 'a! b!'],
    ['event => event.a[event.b]', 'a! b!'],
    ['event => event.toString', 'toString!'],
    // Calls.
    ['event => event.path.startsWith("/")', 'path!'],
    ['event => event.path?.startsWith?.("/")', 'path!'],
    ['event => (event.path?.startsWith)("/")', 'path!'],
    ['event => event.user.name.length', 'user user.name user.name.length!'],
    ['event => event.a.b`x`', 'a!'],
    ['event => new event.A()', 'A!'],
    ['event => JSON.stringify(event.user)', 'user!'],
    ['event => event.items.filter(i => i.x > event.min)', 'items! min!'],
    ['event => { setTimeout(() => console.log(event.a)); }', 'a!'],
    ['event => function () { return event.a; }', 'a!'],
    // Destructuring.
    ['({ status, user: { name } }) => status + name', 'status! user user.name!'],
    ['({ user: { name } = {} }) => name', 'user user.name!'],
    ['({ a: b = 5 }) => !b', 'a'],
    ['({ a: b = 5 }) => b', 'a!'],
    ['({ a: { b } }) => 1', 'a a.b'],
    ['({}) => 1', ''],
    ['({ "a-b": c, 0: d }) => c + d', '0! a-b!'],
    ['({ a: [first] }) => 1', 'a!'],
    ['(event = {}) => event.a', 'a!'],
    ['event => { const { a, user: { name } } = event; return a + name; }', 'a! user user.name!'],
    ['event => { const { name } = event.user; return name; }', 'user user.name!'],
    ['event => { const { a = 1, b: { c } = {} } = event; return c; }', 'a b b.c!'],
    ['event => { let a; ({ a } = event); return a; }', 'a!'],
    ['event => { const { a } = { b: event.b } = event; return a; }', 'a! b!; writes b'],
    // Aliases.
    ['event => { const e = event; return e.a; }', 'a!'],
    ['event => { let e = event, u = e.user; return u.name; }', 'user user.name!'],
    ['event => { var u = event.user; return !u || u.name; }', 'user user.name!'],
    ['event => { let u = event.user; u = {}; return u.name; }', 'user!'],
    // Writes and deletes.
    ['event => { event.slow = event.ms > 200; return event; }', 'ms!; writes slow; returns'],
    ['event => { event.a += 1; event.b++; event.c ??= 1; --event["d"]; }', 'a! b! c! d!; writes a b c d'],
    ['event => { delete event.a; delete event?.b; return event; }', 'a b; deletes a b; returns'],
    ['event => { event.a.b = 1; return event; }', 'a!; returns'],
    ['event => { event.a.b.c++; delete event.d.e.f; }', 'a a.b! d d.e!'],
    ['event => { const u = event.user; u.name = 1; }', 'user!'],
    ['event => { ({ x: event.a, y: [event.b], ...event.c } = f()); }', '; writes a b c'],
    [
      'event => { for (event.i = 0; event.i < 3; event.i++); for (event.k in {}); for (event.v of []); }',
      'i!; writes i k v',
    ],
    ['event => { event.a = 1; event.b = event.c; event.d = () => event.e; }', 'c! e!; writes a b d'],
    // The event itself.
    ['event => event', '; returns'],
    ['async event => { await f(event.a); return event; }', 'a!; returns'],
    ['event => event.ok ? event : false', 'ok; returns'],
    ['event => event.ok && event', 'ok; returns'],
    ['event => event || 1', '; returns'],
    ['event => (event.a, event)', 'a; returns'],
    ['event => { if (!event.ok) return; return event; }', 'ok; returns'],
    ['event => !event || typeof event === "object" && event !== null && event != null', ''],
    ['event => { event; void event; if (event) return 1; }', ''],
    // Of the handler itself.
    ['() => true', ''],
    ['function () { return f(); }', ''],
    ['function named(event) { return event.a; }', 'a!'],
    ['function (event, { key }) { return key ?? event.a; }', 'a!'],
    ['event => { function inner() { return arguments[0]; } return inner(event.a); }', 'a!'],
    // Names that mean something else inside.
    ['event => { { const event = f(); g(event); } return event.a; }', 'a!'],
    ['event => event.items.map(event => g(event))', 'items!'],
    ['event => { try { f(); } catch (event) { g(event); } return event.a; }', 'a!'],
    ['event => { for (const event of f()) g(event); return !event.a; }', 'a'],
    ['event => { event: for (;;) { break event; } return { event: 1 }.event; }', ''],
    ['event => { const undefined = 1; return event.a == undefined; }', 'a!'],
    ['event => { { class event { static b = g(event); } } return event.a; }', 'a!'],
    ['event => { g(class event { static b = g(event); }); return event.a; }', 'a!'],
    ['event => { g(function event() { g(event); }); return event.a; }', 'a!'],
    ['event => { switch (event.a) { case 1: let event; g(event); } }', 'a'],
    ['event => { { function event() {} g(event); } return event.a; }', 'a!'],
    ['event => { g(() => { { var event; } g(event); }); return event.a; }', 'a!'],
    ['event => { g((h = () => event.a) => { var event; g(event); }); }', 'a!'],
  ])('%s', (handler, expected) => {
    expect(show(read(handler)).split(' ').toSorted()).toEqual(expected.split(' ').toSorted());
  });

  test.each([
    ['function h(e) { return e.x > 3; }', 'event => h(event)', 'x!'],
    ['const h = ({ x: { y } }) => y;', 'event => h(event)', 'x x.y!'],
    ['var h = function (a, b = a.y) { return b; };', 'event => h(event)', 'y!'],
    ['const h = e => e;', 'event => h(event).a', 'a!'],
    ['const h = e => e;', 'event => h(h(event))', '; returns'],
    ['const h = e => e;', 'event => h(event).a + h(event).b', 'a! b!'],
    ['const h = e => e;', 'event => h(event.a).b + h(event).c', 'a a.b! a.c! b! c!'],
    ['const h = e => { e.a = 1; return e; };', 'event => h(event)', '; writes a; returns'],
    ['const h = e => { delete e.a; };', 'event => { h(event); return event; }', 'a; deletes a; returns'],
    ['const h = e => e.user;', 'event => h(event).name', 'user user.name!'],
    ['const h = u => !u.name;', 'event => h(event.user)', 'user user.name'],
    ['const h = (a, b) => b.x;', 'event => h(event.a, event)', 'a x!'],
    ['const h = a => a.x;', 'event => h(1, event)', ''],
    ['const h = (a, ...b) => a.x;', 'event => h(event, 1)', 'x!'],
    ['const h = a => a.x;', 'event => h?.(event, ...[1])', 'x!'],
    ['async function h(e) { return e.x; }', 'event => h(event)', 'x!'],
    ['function h(e, n) { return n > 0 ? h(e, n - 1) : e; }', 'event => h(event, 3).a', 'a!'],
    [
      'function f(e) { return e.a ? g(e) : e; } function g(e) { return e.b ? f(e) : e; }',
      'event => f(event)',
      'a b; returns',
    ],
    ['const h = e => { const { a } = e; return a; }; function other() { h({}); }', 'event => h(event)', 'a!'],
    ['export const h = e => e.x;', 'event => { const g = e => e.y + h(e); return g(event); }', 'x! y!'],
  ])('%s %s', (before, handler, expected) => {
    expect(show(read(handler, before)).split(' ').toSorted()).toEqual(expected.split(' ').toSorted());
  });

  test('a chain of members only as deep as makes sense', () => {
    const { parts } = read(`event => event${'.a'.repeat(100)}`)!;
    let depth = 1;
    for (let [part] = parts; part !== undefined && !part.whole; [part] = part.parts) depth++;
    expect(depth).toBe(16);
    const endless = read('event => h(event)', 'function h(e) { return e.a ? h(e.a) : e.b; }');
    expect(show(endless)).toMatch(/^a a\.a .* b!$/);
  });
});

describe('readHandler leaves alone', () => {
  test.each([
    // The event where others see all of it.
    'event => f(event)',
    'event => f(...event)',
    'event => new F(event)',
    'event => f`${event}`',
    'event => `${event}`',
    'event => event + 1',
    'event => -event',
    'event => event < 3',
    'event => event == "x"',
    'event => event instanceof F',
    'event => event in f',
    'event => f in event',
    'event => #x in event',
    // Copies that have another order, other members, or cannot be told from something else.
    'event => ({ x: 1, ...event })',
    'event => ({ ...event, ...event.a })',
    'event => ({ ...event, ...other })',
    'event => ({ ...event, [event.a]: 1 })',
    'event => ({ ...event, get a() { return 1; } })',
    'event => ({ ...event, __proto__: null })',
    'event => ({ ...event, 1: 2 })',
    'event => ({ ...event, toJSON: 2 })',
    'event => { const copy = { ...event }; return copy; }',
    'event => [{ ...event }]',
    'event => ({ ...(event.a && event) })',
    '(event = {}) => ({ ...event })',
    'event => { if (event.a) event = f(); return { ...event }; }',
    'event => Object({ ...event })',
    'event => (event.a ? { ...event } : { b: 1 })',
    'event => (event.a ? { ...event } : event.b)',
    'event => event.a || { ...event }',
    'event => { if (event.a) return /x/; return { ...event }; }',
    'event => { if (f(1)) return f(2); return { ...event }; }',
    'event => { const f = () => ({ ...event }); return f(); }',
    'event => ({ event })',
    'event => ({ [event]: 1 })',
    'event => [event]',
    'event => f[event]',
    'event => event[f]',
    'event => event[-1]',
    'event => event()',
    'event => event.f()',
    'event => event?.f()',
    'event => (event?.f)()',
    'event => event.f`x`',
    'event => event?.f.g && event.f`x`',
    'event => event["hasOwnProperty"]("x")',
    'event => (event || {}).hasOwnProperty("x")',
    'event => Object.keys(event)',
    'event => Object.hasOwn(event, "x")',
    'event => JSON.stringify(event)',
    'event => structuredClone(event)',
    'event => f.call(event)',
    'event => import(event)',
    'event => ((e) => e.a)(event)',
    'event => { for (const k in event) f(k); }',
    'event => { for (const k of event) f(k); }',
    'event => { throw event; }',
    'event => { const { a, ...rest } = event; }',
    'event => { const { [f]: a } = event; }',
    'event => { const { ["a"]: a } = event; }',
    'event => { const [a] = event; }',
    'event => { f.last = event; }',
    'event => { event.self = event; }',
    'event => { f ??= event; }',
    'event => { let e; e = event; }',
    'event => { let e = event; e = f; }',
    'event => { let e = event; ({ e } = f); }',
    'event => { let e = event; for (e of f); }',
    'event => { var e = event; var e; }',
    'event => { const { e = event } = f; }',
    'event => { class F extends event {} }',
    'event => { class F { x = event; } }',
    'event => { class F { static { f(event); } } }',
    'event => { class F { #x; static x = event.#x; } }',
    'event => () => event',
    'event => function () { return event; }',
    'event => f.map(x => x && event)',
    'event => { function g() { return event; } return g(); }',
    'event => { const g = e => e; return g(event); }',
    'async event => await event',
    'async event => { return await event; }',
    'async event => { for await (const x of event) f(x); }',
    'event => Promise.resolve(event)',
    'event => (event, f(event))',
    'event => ({ a: event.a } = event, f(event))',
    'event => f({ a: event.a } = event)',
    'event => (f || event).f()',
    'event => (f ? event : 1)[f]',
    // What the event is called by.
    'event => { event = f; }',
    'event => { event ??= {}; return event.a; }',
    'event => { event++; }',
    'event => { [event] = f; }',
    'function (event) { return arguments[0]; }',
    'function (event) { return () => arguments.length; }',
    'function (event) { var event; return event.a; }',
    'function (event, f = () => event.a) { var event = f(); return event; }',
    'function (event) { { function event() {} } try { f(); } catch (g) { var event = 1; } return event.a; }',
    'event => { try { f(); } catch (e) { var e = event; g(e); } return 1; }',
    '(...event) => event.length',
    '([event]) => event.a',
    '({ a, ...rest }) => rest',
    '({ [f]: a }) => a',
    'function* (event) { return event.a; }',
    'async function* (event) { return event.a; }',
    'event => { eval("event.a"); }',
    'event => (0, eval)("1")',
    // Names that are none.
    'event => event.__proto__',
    'event => event.a.__proto__',
    'event => event.a["__proto__"]',
    'event => event.a["__pro" + "to__"] + f["__proto__"]',
    'event => { const { __proto__: p } = event; }',
    'event => "__proto__" in event',
    'event => { delete event.__proto__; }',
    'event => event["\\ud800"]',
    'event => { event["\\ud800"] = 1; }',
    'event => { event[0] = 1; }',
    'event => { event["12"] = 1; return event; }',
    'event => { event.toString = 1; }',
    'event => { event.constructor = 1; }',
    'event => { event.hasOwnProperty += 1; }',
    'event => { event.toJSON = f; return event; }',
    'event => { event.then = f; return event; }',
    'event => { event.a = 1; delete event.a; }',
    'event => { delete event.a; ({ x: event.a } = f); }',
    // Whatever is no function.
    'class { constructor(event) {} }',
    'f',
    'undefined',
    'f(event => event.a)',
    '(() => event => event.a)()',
    'f ? event => event.a : event => event.b',
  ])('%s', handler => {
    expect(show(read(handler))).toBe('nothing');
  });

  test.each([
    ['let h = e => e.a; h = f;', 'event => h(event)'],
    ['let h = e => e.a; ({ h } = f);', 'event => h(event)'],
    ['var h = e => e.a; var h = f;', 'event => h(event)'],
    ['function h(e) { return e.a; } function g() { h = f; }', 'event => h(event)'],
    ['function h(e) { return f(e); }', 'event => h(event)'],
    ['function h(e) { e = f(); return e.a; }', 'event => h(event)'],
    ['function h(a, ...b) { return b; }', 'event => h(1, event)'],
    ['function h(...b) { return b; }', 'event => h(event)'],
    ['function h(...b) { return b; }', 'event => h(1, 2, event)'],
    ['function h(a) { return arguments[0]; }', 'event => h(event)'],
    ['function h(a) { return (() => arguments[1])(); }', 'event => h(1, event)'],
    ['function* h(a) { return a.x; }', 'event => h(event)'],
    ['async function h(a) { return a; }', 'event => h(event)'],
    ['async function h(a) { return a; }', 'async event => (await h(event)).a'],
    ['function h(e) { return [e]; }', 'event => h(event)'],
    ['function h(e) { return () => e; }', 'event => h(event)'],
    ['function h(e) { return e; }', 'event => f(h(event))'],
    ['function h(e) { return e; }', 'event => h(event).f()'],
    ['function h(e) { return e; }', 'event => h(...f, event)'],
    ['function h(e) { return e; }', 'event => new h(event)'],
    ['function h(e) { return e; }', 'event => h.call(null, event)'],
    ['function h([e]) { return e; }', 'event => h(event)'],
    ['class h { constructor(e) {} }', 'event => h(event)'],
    ['import { h } from "elsewhere";', 'event => h(event)'],
    ['const o = { h: e => e.a };', 'event => o.h(event)'],
    ['let last;', 'event => { last = event; return true; }'],
    ['let last; function h(e) { last = e; }', 'event => h(event)'],
    ['function h(e, d) { return d ? h(e, 0) : f(e); }', 'event => h(event, 1)'],
    ['const h = e => e.a;', 'event => { const h = f; return h(event); }'],
    ['const h = e => e.a;', '(event, h) => h(event)'],
    ['const h = (e, g = () => e) => g();', 'event => h(event)'],
    ['Object.prototype.x = 1;', 'event => event.x'],
    ['Object["prototype"].x = 1;', 'event => event.x'],
    ['Object.prototype.toString = f;', 'event => event.x'],
    ['Object.prototype.valueOf().x = f;', 'event => event.x'],
    ['delete Object.prototype.toString;', 'event => event.x'],
    ['Object.assign(Object.prototype, f);', 'event => event.x'],
    ['Object.defineProperty(Object.prototype, "x", { get: f });', 'event => event.x'],
    ['const { prototype } = Object;', 'event => event.x'],
    ['const O = Object; O.prototype.x = 1;', 'event => event.x'],
    ['const key = "prototype"; Object[key].x = 1;', 'event => event.x'],
    ['globalThis.Object.prototype.x = 1;', 'event => event.x'],
    ['({}).constructor.prototype.x = 1;', 'event => event.x'],
    ['const { constructor: O } = {};', 'event => event.x'],
    ['Object.getPrototypeOf({}).x = 1;', 'event => event.x'],
    ['Reflect["getPrototypeOf"]({}).x = 1;', 'event => event.x'],
    ['({}).__proto__.x = 1;', 'event => event.x'],
    ['({}).__defineGetter__("x", f);', 'event => event.x'],
    ['const o = { __proto__: f };', 'event => event.x'],
    ['f().prototype.x = 1;', 'event => event.x'],
    ['class A extends Object { static { super.prototype.x = 1; } }', 'event => event.x'],
  ])('%s %s', (before, handler) => {
    expect(show(read(handler, before))).toBe('nothing');
  });

  test.each([
    'const has = Object.prototype.hasOwnProperty; has.call({}, "x");',
    'Object.prototype.toString.call([]);',
    'Object.keys({}); Object.assign({}, {}); Object.freeze([]);',
    'class A { constructor() {} } A.prototype.x = 1; function B() {} B.prototype.y = 2;',
    'new Function("x", "return x");',
    'var __defProp = Object.defineProperty; __defProp({}, "x", { get: () => 1, enumerable: true });',
  ])('nothing because of %s', before => {
    expect(show(read('event => event.x', before))).toBe('x!');
  });

  test.each([
    ['not a module', 'export default ='],
    ['a script that no module can be', 'with (a) {} export default event => event.a'],
    ['no default export', 'export const h = event => event.a'],
    ['an export of something else', 'export { default } from "elsewhere"; export * from "elsewhere"'],
    ['the empty module', ''],
    ['what is too long', `export default event => event.a; //${'x'.repeat(1024 * 1024)}`],
    [
      'what is nested too deeply',
      `export default event => ${'('.repeat(50_000)}event.a${')'.repeat(50_000)}`,
    ],
    ['a long chain of operators', `export default event => event.a${' + 1'.repeat(100_000)}`],
    [
      'a long chain of variables',
      `export default event => { const e0 = event; ${Array.from({ length: 20_000 }, (_, at) => `const e${at + 1} = e${at};`).join('')} }`,
    ],
    ['very many uses', `export default event => { ${'event.a;'.repeat(30_000)} }`],
  ])('%s', (_, code) => {
    expect(readHandler(code, MILLRACE)).toBeUndefined();
  });
});

describe('the handler of a module', () => {
  const define = `import { defineHandler as define, other } from ${JSON.stringify(MILLRACE)};`;

  test.each([
    'export default event => event.a;',
    'export default (event => event.a);',
    'export default async event => event.a;',
    'export default function (event) { return event.a; }',
    'export default async function handle(event) { return event.a; }',
    'export default (function (event) { return event.a; });',
    'function h(event) { /* kept */ return event.a }\r\nexport { h as default };',
    'const h = event => event.a, key = "a"; export { key, h as default };',
    'let h = event => event.a; export { h as "default" };',
    'var h = event => event.a; var g = h; export { g as default, h };',
    'export default h; function h(event) { return event.a; } h.x = 1;',
    'export default { handle: event => event.a, key: "a" };',
    'export default { key: "a", handle(event) { return event.a; } };',
    'export default { async handle(event) { return event.a; } };',
    'export default { "handle"(event) { return event.a; } };',
    'export default { "handle": function (event) { return event.a; } };',
    'const h = event => event.a; export default { handle: h };',
    'const handle = event => event.a; var d = { handle }; export { d as default };',
    `${define} export default define({ handle: event => event.a, timeoutMs: 5 });`,
    `${define} var d = define({ handle(event) { return event.a; } }); export { d as default };`,
    `${define} const o = { handle: event => event.a }; const d = define(o); export { d as default };`,
  ])('is the one that is run: %s', async code => {
    const reading = readHandler(code, MILLRACE);
    expect(show(reading)).toBe('a!');
    const { default: exported } = (await import(`data:text/javascript,${encodeURIComponent(code)}`)) as {
      default: (() => unknown) & { handle?: () => unknown };
    };
    expect(String(exported.handle ?? exported)).toBe(reading!.source);
  });

  test.each([
    'let h = event => event.a; h = f; export { h as default };',
    'var h = event => event.a; var h = f; export { h as default };',
    'export default h; function h(event) { return event.a; } h = f;',
    'import h from "elsewhere"; export default h;',
    'export default { key: "a" };',
    'export default { handle: f };',
    'export default { handle: event => event.a, handle: f };',
    'export default { handle: event => event.a, ...f };',
    'export default { ...f, handle: event => event.a };',
    'export default { handle: event => event.a, [f]: g };',
    'export default { ["handle"]: event => event.a };',
    'export default { get handle() { return event => event.a; } };',
    'export default { *handle(event) { return event.a; } };',
    'export default { handle(event) { return arguments.length; } };',
    'export default { handle: { handle: event => event.a } };',
    'var d = { handle: event => event.a }; d.handle = f; export { d as default };',
    'var d = { handle: event => event.a }; export { d as default, d };',
    'export const d = { handle: event => event.a }; export default d;',
    'var d = { handle: event => event.a }; var c = d; f(d); export { c as default };',
    'var d = { handle: event => event.a }, c = d; f(c); export { c as default };',
    'function define(x) { return f; } export default define({ handle: event => event.a });',
    'import { defineHandler } from "elsewhere"; export default defineHandler({ handle: event => event.a });',
    `${define} export default other({ handle: event => event.a });`,
    `${define} export default define({ handle: event => event.a }, f);`,
    `${define} export default define(...[{ handle: event => event.a }]);`,
    `${define} export default define(event => event.a);`,
    `${define} var d = define({ handle: event => event.a }); d.handle = f; export { d as default };`,
    `${define} var o = { handle: event => event.a }; o.handle = f; export default define(o);`,
    `${define} export default define(define({ handle: event => event.a }));`,
    `import define from ${JSON.stringify(MILLRACE)}; export default define({ handle: event => event.a });`,
    'export default class { static handle(event) { return event.a; } }',
    'export default [event => event.a];',
  ])('is not known for certain: %s', code => {
    expect(readHandler(code, MILLRACE)).toBeUndefined();
  });

  test('is found in what the compiler makes of TypeScript', async () => {
    const source = `
      import { defineHandler, type Handler } from 'millrace';
      const enum Level { Low, High }
      interface Event { level: Level; user?: { name: string }; seen?: boolean }
      const isHigh = (event: Event): boolean => event.level === Level.High;
      export const key = 'user.name';
      export default defineHandler<Event>({
        handle: (event => {
          if (!isHigh(event) || event.user?.name == null) return false;
          event.seen = true;
          return event as Event;
        }) satisfies Handler<Event>,
      });`;
    const { outputFiles } = await build({
      stdin: { contents: source, loader: 'ts', resolveDir: '.' },
      bundle: true,
      write: false,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      sourcemap: 'inline',
      external: ['millrace'],
      banner: { js: 'import { createRequire as __r } from "node:module";const require = __r("file:///a");' },
    });
    const reading = readHandler(outputFiles[0]!.text, 'millrace');
    expect(show(reading)).toBe('level user user.name; writes seen; returns');
    expect(reading!.verdict).toBeUndefined();
  });
});
