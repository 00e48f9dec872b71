import { build } from 'esbuild';
import { describe, expect, test } from 'vitest';
import { readHandler } from '../../src/query/handler-reader.ts';
import { MILLRACE, show } from './readings.ts';

/** Which function of a module is its handler. */

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
