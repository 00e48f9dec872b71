import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository; this file runs as dist/measure/bench/workspace.js. */
export const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/**
 * Where a bench keeps what it writes: a directory of its own beside the build, so on the same file system as the
 * repository (a temporary directory may be memory, where a durable log costs nothing). Removed at the end.
 */
export class Workspace {
  readonly #directory = mkdtempSync(join(ROOT, 'dist', 'bench-work-'));
  readonly #attempt = join(this.#directory, 'attempt');
  /** Where millrace keeps compiled handlers. */
  readonly cache = join(this.#directory, 'cache');

  constructor() {
    mkdirSync(this.#attempt);
  }

  /** A file that stays until the end. */
  path(name: string): string {
    return join(this.#directory, name);
  }

  /** A file or store of the attempt under way. */
  attemptPath(name: string): string {
    return join(this.#attempt, name);
  }

  /** Removes what the last attempt wrote, and waits for the disk, so that the next one does not pay for it. */
  sweep(): void {
    rmSync(this.#attempt, { recursive: true, force: true });
    mkdirSync(this.#attempt);
    spawnSync('sync');
  }

  close(): void {
    // Again while a program that was ended is still writing its last bytes.
    rmSync(this.#directory, { recursive: true, force: true, maxRetries: 5 });
  }
}
