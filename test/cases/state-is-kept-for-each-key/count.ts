import { defineHandler } from 'millrace';

export default defineHandler<{ k?: string; n: number }>({
  key: 'k',
  handle(event, { key, state }) {
    if (event.n < 0) state.delete();
    else state.update<number[]>(seen => [...(seen ?? []), event.n]);
    return { key, seen: state.get() ?? null };
  },
});
