import { describe, expect, test } from 'vitest';
import { parseHello } from '../../src/source/hello.ts';
import {
  checkListening,
  isLoopback,
  isToken,
  type ListenOptions,
  parseAddress,
} from '../../src/source/listening.ts';

const OPEN = { tls: undefined, token: undefined, insecure: false } as ListenOptions;

describe('an address', () => {
  test.each([
    ['tcp://127.0.0.1:9000', { scheme: 'tcp', host: '127.0.0.1', port: 9000 }],
    ['TLS://Example.org:1', { scheme: 'tls', host: 'Example.org', port: 1 }],
    ['tcp://:9000', { scheme: 'tcp', host: '127.0.0.1', port: 9000 }],
    ['http://[::1]:80/', { scheme: 'http', host: '::1', port: 80 }],
    ['unix:/run/app.sock', { scheme: 'unix', path: '/run/app.sock' }],
    ['unix:///run/app.sock', { scheme: 'unix', path: '/run/app.sock' }],
    ['unix:app.sock', { scheme: 'unix', path: 'app.sock' }],
  ])('%s is read', (text, parts) => {
    expect(parseAddress(text)).toMatchObject({ text, ...parts });
  });

  test.each([
    'tcp://',
    'tcp://host',
    'tcp://host:65536',
    'tcp://a b:1',
    'udp://h:1',
    'unix:',
    'tcp://h:1/x',
    'http://u@h:1',
  ])('%s is none', text => {
    expect(() => parseAddress(text)).toThrow(expect.objectContaining({ code: 'MILLRACE_USAGE' }));
  });

  test.each([
    ['tcp://127.0.0.1:1', true],
    ['tcp://127.9.9.9:1', true],
    ['tcp://[::1]:1', true],
    ['tcp://LocalHost:1', true],
    ['unix:x', true],
    ['tcp://0.0.0.0:1', false],
    ['tcp://[::]:1', false],
    ['tcp://127.0.0.1.example.org:1', false],
    ['tcp://localhost.example.org:1', false],
    ['tcp://10.0.0.1:1', false],
  ])('%s is of this machine alone: %s', (text, expected) => {
    expect(isLoopback(parseAddress(text))).toBe(expected);
  });
});

describe('listening to other machines', () => {
  test.each([
    ['tcp://0.0.0.0:1', {}, /is not encrypted, and|is not encrypted and lets everybody in/],
    ['tcp://0.0.0.0:1', { token: 'x' }, /is not encrypted$/],
    ['http://10.0.0.1:1', {}, /lets everybody in/],
  ])('is refused: %s', (text, given, message) => {
    const check = (): void => checkListening(parseAddress(text), { ...OPEN, ...given });
    expect(check).toThrow(expect.objectContaining({ code: 'MILLRACE_INSECURE' }));
    expect(check).toThrow(message);
  });

  test('is allowed where that was said, and this machine is always heard', () => {
    expect(() => checkListening(parseAddress('tcp://0.0.0.0:1'), { ...OPEN, insecure: true })).not.toThrow();
    expect(() => checkListening(parseAddress('tcp://127.0.0.1:1'), OPEN)).not.toThrow();
  });

  test('over TLS needs a certificate', () => {
    expect(() => checkListening(parseAddress('tls://127.0.0.1:1'), OPEN)).toThrow(/needs a certificate/);
  });
});

test('a token is that one and no other', () => {
  expect(isToken('secret', 'secret')).toBe(true);
  for (const given of ['', 'secre', 'secret ', 'Secret', undefined, 7, null, ['secret']]) {
    expect(isToken(given, 'secret')).toBe(false);
  }
});

describe('a first line', () => {
  test.each([
    ['{"token":"t"}', { token: 't' }],
    ['{"producer":"a.b:c@d-e_1"}\r', { producer: 'a.b:c@d-e_1' }],
    ['{"producer":"p","next":7,"token":"t"}', { producer: 'p', next: 7, token: 't' }],
  ])('%s says who sends', (line, hello) => {
    expect(parseHello(line)).toEqual(hello);
  });

  test.each(['', 'no', '7', 'null', '[]', '{}', '{"next":1}', '{"producer":"p","n":1}', '{"__proto__":1}'])(
    '%s is an event',
    line => {
      expect(parseHello(line)).toBeUndefined();
    },
  );

  test.each([
    '{"token":1}',
    '{"token":null}',
    '{"producer":""}',
    '{"producer":"a b"}',
    '{"producer":"p/../q"}',
    `{"producer":"${'p'.repeat(101)}"}`,
    '{"producer":"p\\n"}',
    '{"token":"t","next":1}',
    '{"producer":"p","next":0}',
    '{"producer":"p","next":1.5}',
    '{"producer":"p","next":"1"}',
    '{"producer":"p","next":1e300}',
  ])('%s is wrong', line => {
    expect(() => parseHello(line)).toThrow();
  });
});
