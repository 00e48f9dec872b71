import { defineHandler } from 'millrace';

export default defineHandler<number>({
  concurrency: 4,
  retry: { attempts: 2, initialMs: 1 },
  topics: ['alerts'],
  open: () => console.log('open'),
  close: () => console.log('close'),
  async handle(n, { attempt, emit }) {
    emit('alerts', { n, attempt });
    if (n === 2 && attempt === 1) throw new Error('once');
    if (n === 4) throw new Error(`attempt ${attempt}`);
    return n !== 5;
  },
});
