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

  test.each([
    [
      'errors.dead',
      ['a', 'a.dead'],
      'there are no dead letters of a topic "errors" in "s"',
      'there are some of: a',
    ],
    [
      'errors.dead',
      ['errors'],
      'there are no dead letters of a topic "errors" in "s"',
      'no topic of the store has any',
    ],
    ['job.state', ['a', 'a.state'], 'there is no state of a job "job" in "s"', 'there is that of: a'],
    ['job.state', ['job'], 'there is no state of a job "job" in "s"', 'no job of the store has one'],
    [
      'job.state',
      [],
      'there is no state of a job "job" in "s"',
      'the store has no topics; --store names another one',
    ],
  ])('of the kind of %s, beside %j, is told as what it would have held', (topic, topics, message, hint) => {
    expect(noTopic('s', topic, topics)).toMatchObject({ message, hint });
  });

  test('is told with some of them where there are many', () => {
    const topics = Array.from({ length: 21 }, (_, at) => `t${at}`);
    expect(noTopic('s', 'x', topics.slice(0, 20)).hint).toMatch(/^there are: t0, .*, t19$/);
    expect(noTopic('s', 'x', topics).hint).toMatch(/, t19 and 1 more, which "millrace topics" lists$/);
  });
});
