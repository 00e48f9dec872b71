import { existsSync } from 'node:fs';

let ended = 0;

export default {
  key: 'shop',
  handle({ amount }, { state }) {
    state.update(total => (total ?? 0) + amount);
  },
  async end({ key, state }) {
    // As from a keyboard, in the midst of it.
    if (++ended === 10 && existsSync('first')) process.kill(process.pid, 'SIGINT');
    await new Promise(setImmediate);
    return { shop: key, total: state.get() };
  },
};
