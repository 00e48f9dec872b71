import { appendFileSync } from 'node:fs';
import { defineHandler } from 'millrace';

export default defineHandler<{ k: number }>({
  key: 'k',
  maxInFlight: 3,
  async handle() {
    appendFileSync('calls', '1\n');
    await new Promise(resolve => setTimeout(resolve, 2));
    appendFileSync('calls', '-1\n');
    return true;
  },
});
