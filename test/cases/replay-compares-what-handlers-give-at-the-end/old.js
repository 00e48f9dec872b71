export default {
  key: 'shop',
  handle({ amount }, { state }) {
    state.update(total => (total ?? 0) + amount);
    return null;
  },
  end: ({ key, state }) => ({ shop: key, total: state.get() }),
};
