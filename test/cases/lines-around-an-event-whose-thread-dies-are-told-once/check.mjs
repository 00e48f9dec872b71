import { readFileSync } from 'node:fs';
const linesOf = name => readFileSync(name, 'utf8').split('\n').slice(0, -1);
const events = linesOf('in.ndjson');
const expected = events.flatMap(line => {
  const { n, what } = JSON.parse(line);
  if (what === 'fail') return [];
  return what === 'large' ? [JSON.stringify({ n, large: 'x'.repeat(1_500_000) })] : [`${line.slice(0, -1)},"marked":true}`];
});
const dead = events.flatMap((line, at) => (JSON.parse(line).what === 'fail' ? [at + 1] : []));
console.log(`outputs are ${linesOf('out.ndjson').join() === expected.join() ? 'as they should be' : 'wrong'}`);
console.log(`dead are lines ${linesOf('dead.ndjson').map(letter => JSON.parse(letter).line)}`);
if (linesOf('dead.ndjson').map(letter => JSON.parse(letter).line).join() !== dead.join()) console.log('wrong');
