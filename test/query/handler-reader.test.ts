import { describe, expect, test } from 'vitest';
import { read, show } from './readings.ts';

/** What is read of a handler, case by case; handler-runs.test.ts shows that all of it is true. */

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
