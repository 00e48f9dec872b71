import { defineHandler } from 'millrace';

export default defineHandler<{ k: number; n: number }>({
  key: 'k',
  concurrency: 8,
  async handle(event, { state, attempt }) {
    // All of them are at hand when the thread is lost.
    await new Promise(resolve => setTimeout(resolve, 1));
    if (event.n === 60) while (true);
    if (event.n === 90) (process as unknown as { reallyExit: (code: number) => void }).reallyExit(3);
    if (event.n === 120) throw new Error(`attempt ${attempt}`);
    return { n: event.n, seen: state.update<number>(seen => (seen ?? 0) + 1) };
  },
});
