export default event => {
  queueMicrotask(() => {
    throw new Error(`late ${event.id}`);
  });
  return true;
};
