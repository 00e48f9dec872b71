/** The files that `millrace init` writes: a handler, its cases, and what a TypeScript project needs around them. */

const HANDLER = `import type { Handler } from 'millrace';

interface Access {
  readonly ts: string;
  readonly client: { readonly ip: string };
  readonly path: string;
  readonly status: number;
}

/** Events of one client are handled one after the other; those of different clients at the same time. */
export const key = 'client.ip';

/** Keeps what the server failed at. An event that is dropped is no error; one that throws becomes a dead letter. */
export default (event => {
  if (typeof event.status !== 'number') throw new TypeError('status is not a number');
  return event.status >= 500;
}) satisfies Handler<Access>;
`;

const FAILED =
  '{"ts":"2026-01-01T00:00:02Z","client":{"ip":"10.0.0.7"},"path":"/search?q=mill","status":502}\n';
const FINE = '{"ts":"2026-01-01T00:00:01Z","client":{"ip":"10.0.0.1"},"path":"/","status":200}\n';
const ODD = '{"ts":"2026-01-01T00:00:03Z","client":{"ip":"10.0.0.1"},"path":"/cart","status":"oops"}';
const LAST = '{"ts":"2026-01-01T00:00:04Z","client":{"ip":"10.0.0.1"},"path":"/cart","status":500}\n';

const LETTER = { line: 1, reason: 'handler-threw', error: { message: 'status is not a number' }, event: ODD };

const TSCONFIG = {
  compilerOptions: {
    target: 'es2023',
    module: 'nodenext',
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    verbatimModuleSyntax: true,
    allowImportingTsExtensions: true,
  },
  include: ['*.ts'],
};

/** All files with their contents, by paths with slashes. `name` is the package's; `version` that of millrace. */
export function projectFiles(name: string, version: string): ReadonlyMap<string, string> {
  return new Map([
    ['errors.ts', HANDLER],
    ['errors.cases/server-error-is-kept/input.ndjson', `${FINE}${FAILED}`],
    ['errors.cases/server-error-is-kept/expected.ndjson', FAILED],
    ['errors.cases/status-that-is-no-number/input.ndjson', `${ODD}\n`],
    ['errors.cases/status-that-is-no-number/dead.ndjson', `${JSON.stringify(LETTER)}\n`],
    ['access.ndjson', `${FINE}${FAILED}${LAST}`],
    ['package.json', `${JSON.stringify(packageOf(name, version), null, 2)}\n`],
    ['tsconfig.json', `${JSON.stringify(TSCONFIG, null, 2)}\n`],
    ['.gitignore', 'node_modules/\n.millrace/\n'],
    ['README.md', readme(name)],
  ]);
}

/** A name that a package can have, from that of a directory, which can be anything. */
export function packageNameOf(directory: string): string {
  const name = directory
    .toLowerCase()
    .replaceAll(/[^a-z0-9._-]+/g, '-')
    .slice(0, 100)
    .replace(/^[^a-z0-9]+/, '')
    .replace(/[^a-z0-9]+$/, '');
  // The handler imports a package of this name, and npm refuses the other.
  return name === '' || name === 'millrace' || name === 'node_modules' ? 'handlers' : name;
}

function packageOf(name: string, version: string): object {
  return {
    name,
    version: '0.0.0',
    private: true,
    type: 'module',
    scripts: { start: 'millrace run errors.ts access.ndjson --to errors', test: 'millrace test errors.ts' },
    devDependencies: { millrace: `^${version}` },
  };
}

function readme(name: string): string {
  return `# ${name}

\`errors.ts\` is a handler: it is called for each event, and what it returns decides what becomes of it. Its cases are the
folders in \`errors.cases\`: some events, and what is to come out. Both work as they are:

    millrace test errors.ts
    millrace run errors.ts access.ndjson --to errors
    millrace cat errors

The first compares, the second writes what was kept into the log in \`.millrace\`, and the third prints it. Running the
second again goes on where it stopped: append to \`access.ndjson\`, and only that is handled.

To add a case, write events into \`errors.cases/NAME/input.ndjson\`, let millrace write down what comes out, and read that:

    millrace test errors.ts --update

\`npm install\` brings the types of \`millrace\` to your editor; handlers run without it. \`millrace run --help\` has all options.
`;
}
