import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { socketSource } from '../../src/source/line-server.ts';
import { parseAddress } from '../../src/source/listening.ts';
import { ownDirectory } from '../support/program.ts';
import { LISTEN } from './listen-options.ts';

/** What a Unix socket leaves where it cannot be opened: nothing that somebody could send to, and nothing that keeps the process. */

const chmod = vi.hoisted(() => ({ fails: false }));

vi.mock('node:fs', async original => {
  const actual = await original<typeof import('node:fs')>();
  const chmodSync: typeof actual.chmodSync = (...args) => {
    if (chmod.fails) throw Object.assign(new Error('operation not permitted'), { code: 'EPERM' });
    actual.chmodSync(...args);
  };
  return { ...actual, chmodSync };
});

const directory = ownDirectory();

test('a socket whose mode cannot be set is closed again', async () => {
  const path = join(directory, 'x.sock');
  const spec = socketSource(parseAddress(`unix:${path}`), LISTEN, () => undefined);
  chmod.fails = true;
  await expect(spec.open({})).rejects.toMatchObject({ code: 'MILLRACE_LISTEN' });
  chmod.fails = false;
  expect(existsSync(path)).toBe(false);
  const source = await spec.open({});
  await source.close();
});

test('a socket that is there before is nobody else’s, and is answered on', async () => {
  const path = join(directory, 'y.sock');
  const spec = socketSource(parseAddress(`unix:${path}`), LISTEN, () => undefined);
  const source = await spec.open({});
  const socket = connect(path);
  await new Promise(resolve => socket.once('connect', resolve));
  await expect(spec.open({})).rejects.toMatchObject({ code: 'MILLRACE_LISTEN' });
  socket.destroy();
  expect(existsSync(path)).toBe(true);
  await source.close();
});
