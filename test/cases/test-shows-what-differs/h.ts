export default (event: { id: number }) => {
  if (event.id > 9) throw new Error(`${event.id} is too much`);
  return event.id > 0;
};
