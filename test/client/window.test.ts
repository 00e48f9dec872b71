import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Window } from '../../src/client/window.ts';

function text(from: number, to: number): string {
  let lines = '';
  for (let n = from; n <= to; n++) lines += `line ${n}\n`;
  return lines;
}

test('a window keeps exactly the lines that are not committed, and sends each connection its own', () => {
  const step = fc.record({
    kind: fc.constantFrom('add', 'commit', 'begin'),
    n: fc.nat({ max: 9 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 50 }), steps => {
      const window = new Window();
      let [last, committed, next, sent] = [0, 0, 1, ''];
      for (const { kind, n } of steps) {
        if (kind === 'add') {
          const rest = window.add(Buffer.from(text(last + 1, last + n)));
          last += n;
          sent += rest.toString();
        } else {
          committed += n;
          if (kind === 'commit') window.commit(committed);
          else {
            next = committed + 1;
            sent = Buffer.concat([...window.begin(next)]).toString();
          }
        }
        expect(sent).toBe(text(next, last));
        expect(window.last).toBe(last);
        expect(window.committed).toBe(committed);
        expect(window.bytes).toBe(text(committed + 1, last).length);
      }
      expect(Buffer.concat([...window.begin(committed + 1)]).toString()).toBe(text(committed + 1, last));
    }),
  );
});
