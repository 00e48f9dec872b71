export default ({ id }, context) => ({ id, count: context.state.update(n => (n ?? 0) + 1) });
