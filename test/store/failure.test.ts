import { describe, expect, test } from 'vitest';
import { noTopic } from '../../src/store/failure.ts';

describe('a topic that is not there', () => {
  test('is told with those that are, or that there are none', () => {
    expect(noTopic('.millrace', 'erors', ['alerts', 'errors'])).toMatchObject({
      code: 'MILLRACE_TOPIC_NOT_FOUND',
      message: 'there is no topic "erors" in ".millrace"',
      hint: 'there are: alerts, errors',
    });
    expect(noTopic('elsewhere', 'errors', []).hint).toBe(
      'the store has no topics; --store names another one',
    );
  });

  test('is told with some of them where there are many', () => {
    const topics = Array.from({ length: 21 }, (_, at) => `t${at}`);
    expect(noTopic('s', 'x', topics.slice(0, 20)).hint).toMatch(/^there are: t0, .*, t19$/);
    expect(noTopic('s', 'x', topics).hint).toMatch(/, t19 and 1 more, which "millrace topics" lists$/);
  });
});
