const thrown = ["text", null, undefined, { a: 1 }, 5n, Symbol("s"), () => 1, new Uint8Array(3)];
export default event => {
  if (event === 8) return Promise.reject("late");
  throw thrown[event];
};
