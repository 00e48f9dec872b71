import { afterEach, describe, expect, test, vi } from 'vitest';
import { COMMANDS } from '../../src/cli/commands.ts';
import { main } from '../../src/cli/main.ts';

/** What `millrace ...args` prints on standard output; it must succeed. */
async function printed(...args: readonly string[]): Promise<string> {
  const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  expect(await main(args)).toBe(0);
  return write.mock.calls.map(([text]) => String(text)).join('');
}

afterEach(() => vi.restoreAllMocks());

/** How many listen to what a process has one of. */
function listeners(): number[] {
  return [
    process.listenerCount('beforeExit'),
    process.stdout.listenerCount('error'),
    process.stderr.listenerCount('error'),
  ];
}

describe('--help', () => {
  test('of millrace names every command and gives examples', async () => {
    const help = await printed('--help');
    expect(help).toContain('\nExamples:\n');
    for (const { name, summary } of COMMANDS)
      expect(help).toMatch(new RegExp(`\\n  ${name} +${summary.slice(0, 30)}`));
  });

  test.each(COMMANDS.map(({ name }) => name))('of %s gives examples that call it', async name => {
    const help = await printed(name, '--help');
    expect(help).toMatch(/\nUsage: |^Usage: /);
    const [, examples] = help.split('\nExamples:\n');
    expect(examples?.match(new RegExp(`\\bmillrace ${name}\\b`, 'g'))?.length).toBeGreaterThanOrEqual(2);
    expect(await printed('help', name)).toContain(examples);
  });

  test.each(['list', 'show', 'retry'])('of dead %s gives examples that call it', async name => {
    const help = await printed('dead', name, '--help');
    const [, examples] = help.split('\nExamples:\n');
    expect(examples?.match(new RegExp(`\\bmillrace dead ${name}\\b`, 'g'))?.length).toBeGreaterThanOrEqual(2);
  });

  test('leaves nothing behind in the process, however often it is asked for', async () => {
    await printed('--help');
    const before = listeners();
    for (let call = 0; call < 3; call++) await printed('cat', '--help');
    expect(listeners()).toEqual(before);
  });

  test('says of every default what could be written in its place', async () => {
    const helps: string[] = [];
    for (const { name } of COMMANDS) helps.push(await printed(name, '--help'));
    const help = helps.join('\n').replaceAll(/\s+/g, ' ');
    const defaults = [...help.matchAll(/<(?:size|duration)>[^<]*?\(default: ([^),]*)/g)].map(
      ([, value]) => value,
    );
    expect(defaults.length).toBeGreaterThan(5);
    // A bare number is one without its unit.
    expect(defaults.filter(value => /^\d{3,}$/.test(value!))).toEqual([]);
  });
});
