import { defineHandler } from 'millrace';

export default defineHandler<number>({
  topics: ['alerts', 'odds'],
  handle(n, { emit }) {
    emit('alerts', { alert: n, text: 'x'.repeat(100) });
    if (n % 2 === 1) emit('odds', n);
    return true;
  },
});
