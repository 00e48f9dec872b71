import type { OnError } from '../pipeline/run-options.ts';
import { type Asked, type Condition, checkNeeds, isAddress, isEncrypted, type Needs } from './option-uses.ts';

/** Which options mean something in which kind of run. */

/** What a run is like. */
export interface RunFacts {
  readonly handler: string | undefined;
  readonly where: string | undefined;
  readonly inputs: readonly string[];
  readonly isToTopic: boolean;
  readonly onError: OnError;
}

type RunCondition = Condition<RunFacts>;

const HANDLER: RunCondition = { words: 'a handler', holds: ({ handler }) => handler !== undefined };
const HANDLER_OR_WHERE: RunCondition = {
  words: 'a handler or --where',
  holds: ({ handler, where }) => (handler ?? where) !== undefined,
};
const STDIN: RunCondition = { words: 'standard input', holds: ({ inputs }) => inputs.includes('-') };
const ADDRESS: RunCondition = {
  words: 'an address among the inputs',
  holds: ({ inputs }) => inputs.some(isAddress),
};
const ENCRYPTED: RunCondition = {
  words: 'tls:// or https:// among the inputs',
  holds: ({ inputs }) => inputs.some(isEncrypted),
};
const HTTP: RunCondition = {
  words: 'http:// or https:// among the inputs',
  holds: ({ inputs }) => inputs.some(input => /^https?:/i.test(input)),
};
const STDOUT: RunCondition = {
  words: '--to -; dead letters go to a topic otherwise',
  holds: ({ isToTopic }) => !isToTopic,
};
const DEAD_LETTERS: RunCondition = {
  words: '--on-error dead-letter, because there are no dead letters otherwise',
  holds: ({ onError }) => onError === 'dead-letter',
};

/** `lack` is what standard output has not. */
function topic(lack: string): RunCondition {
  return { words: `a topic; --to - ${lack}`, holds: ({ isToTopic }) => isToTopic };
}

const WRITING = [topic('writes nothing to the store')];
const LISTENING = [ADDRESS];
const ENCRYPTING = [ADDRESS, ENCRYPTED];

const NEEDS: Needs<RunFacts> = {
  watch: [HANDLER],
  timeout: [HANDLER_OR_WHERE],
  concurrency: [HANDLER],
  maxInFlight: [HANDLER],
  batchSize: [HANDLER],
  batchLinger: [HANDLER],
  attempts: [HANDLER],
  rate: [HANDLER],

  segmentSize: WRITING,
  commitInterval: WRITING,
  sync: WRITING,
  retain: WRITING,
  compress: WRITING,
  job: [topic('keeps no positions')],
  fresh: [topic('keeps nothing to start over')],
  spool: [STDIN, topic('keeps nothing')],
  dead: [STDOUT, DEAD_LETTERS],

  ack: [topic('commits nothing'), ADDRESS],
  tokenFile: LISTENING,
  insecure: LISTENING,
  tlsCert: ENCRYPTING,
  tlsKey: ENCRYPTING,
  tlsCa: ENCRYPTING,
  maxConnections: LISTENING,
  maxPerAddress: LISTENING,
  authTimeout: LISTENING,
  lineTimeout: LISTENING,
  idleTimeout: LISTENING,
  connectionBuffer: LISTENING,
  buffer: LISTENING,
  maxBody: [ADDRESS, HTTP],
};

/** Throws MILLRACE_USAGE at the first option of `run`, or of `dead retry`, that would be without effect. */
export function checkRunUses(command: Asked, facts: RunFacts): void {
  checkNeeds(command, facts, NEEDS);
}
