import { closeSync, openSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { FdWriter } from '../../src/base/fd-writer.ts';

describe('FdWriter', () => {
  test('writes bytes as they are, and escapes control characters only for a terminal', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'millrace-writer-'));
    const path = join(directory, 'out');
    try {
      const fd = openSync(path, 'w');
      const bytes = Buffer.from('"\u001b[31mé\u0000"\n\t1\r\n');
      await new FdWriter(fd, false).write(bytes);
      await new FdWriter(fd, true).write(bytes);
      closeSync(fd);
      expect(readFileSync(path, 'utf8')).toBe(
        '"\u001b[31mé\u0000"\n\t1\r\n"\\u001b[31mé\\u0000"\n\t1\\u000d\n',
      );
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  test('says that it failed where it cannot write, as after its descriptor was closed', async () => {
    const fd = openSync('/dev/null', 'w');
    closeSync(fd);
    const writer = new FdWriter(fd, false);
    await expect(writer.write(Buffer.from('1\n'))).rejects.toMatchObject({ code: 'MILLRACE_OUTPUT_WRITE' });
    expect(writer.closed).toBe(false);
  });
});
