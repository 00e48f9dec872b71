export default event => {
  if (event % 10 === 2) queueMicrotask(() => { throw new Error("nobody catches this"); });
  return true;
};
