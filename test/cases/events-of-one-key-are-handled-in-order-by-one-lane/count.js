// State of the module: it only comes out right where all events of a key come to one thread, in order.
const seen = new Map();
export default ({ user }) => {
  const count = (seen.get(user) ?? 0) + 1;
  seen.set(user, count);
  return { user, count };
};
