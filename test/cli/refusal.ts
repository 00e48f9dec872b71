import { expect } from 'vitest';

/** Why `check` refuses what was written; undefined where it does not. */
export function refusalOf(check: () => void): string | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    expect(error).toMatchObject({ code: 'MILLRACE_USAGE' });
    return (error as Error).message;
  }
}
