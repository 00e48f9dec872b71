export default (event, { key, state }) => ({ ...event, count: key === undefined ? 0 : state.update((n = 0) => n + 1) });
