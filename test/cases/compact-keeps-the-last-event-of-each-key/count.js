export default (event, context) => {
  context.state.update(n => (n ?? 0) + 1);
  return false;
};
