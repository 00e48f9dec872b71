export default event => {
  if (event.id === 3) return { id: three };
  return { id: event.id * 2 };
};
