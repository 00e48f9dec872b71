export default (event, context = {}) => ({ n: event.n, id: context.id });
