import { expect, test } from 'vitest';
import { RunAccount } from '../../src/pipeline/account.ts';
import { CallerOutput } from '../../src/pipeline/caller-output.ts';

test('what comes out is handed on in order, as copies, and is committed at once', async () => {
  const told: string[] = [];
  let committed = 0;
  const output = new CallerOutput(
    {
      kind: 'caller',
      onTopics: topics => told.push(...topics),
      onEvents: (bytes, topic) => told.push(`${topic ?? ''} ${Buffer.from(bytes).toString('utf8')}`),
      onDead: letter => told.push(letter),
    },
    {
      take: () => ({ positions: async () => ({}), committed: () => committed++ }),
      isAwaited: () => true,
      account: new RunAccount(),
    },
  );
  const bytes = Buffer.from('1\n2\n3\n');
  await output.addTopics(['alerts', 'late']);
  output.append(bytes, 2, 4);
  output.emit(1, bytes, 4, 6);
  bytes.fill(0);
  output.dead('{}\n');
  expect(committed).toBe(0);
  output.endChunk();
  output.endSource();
  expect(committed).toBe(2);
  expect(output.ready()).toBeUndefined();
  await output.commit();
  await output.close();
  expect(told).toEqual(['alerts', 'late', ' 2\n', 'late 3\n', '{}\n']);
});
