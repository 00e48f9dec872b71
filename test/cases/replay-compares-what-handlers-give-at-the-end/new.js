export default {
  key: 'shop',
  topics: ['large'],
  handle({ amount }, { state }) {
    if (amount > 0) state.update(total => Math.max(total ?? 0, amount));
    return null;
  },
  end({ key, state, emit }) {
    if (state.get() > 4) emit('large', { shop: key });
    return { shop: key, total: state.get() };
  },
};
