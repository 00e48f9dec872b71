import { type EventReading, type Part, readHandler } from '../../src/query/handler-reader.ts';

/** What is read of handlers, in a line that a test can be held to. */

/** A module that stands for millrace, and can be imported. */
export const MILLRACE = `data:text/javascript,${encodeURIComponent('export const defineHandler = d => d, other = () => 1;')}`;

/** The reading of the handler `handler`, an expression, in a module that begins with `before`. */
export function read(handler: string, before = ''): EventReading | undefined {
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
export function show(reading: EventReading | undefined): string {
  if (reading === undefined) return 'nothing';
  const { parts, writes, deletes, returnsEvent, returnsCopy } = reading;
  const returns = `${returnsEvent ? '; returns' : ''}${returnsCopy ? '; copies' : ''}`;
  return `${pathsOf(parts)}${list('writes', writes)}${list('deletes', deletes)}${returns}`;
}
