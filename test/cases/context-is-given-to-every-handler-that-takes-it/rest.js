export default (event, ...others) => ({ n: event.n, id: others[0].id });
