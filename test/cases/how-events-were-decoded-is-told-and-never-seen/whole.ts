export default (event: { id: number; third?: boolean }) => {
  Object.assign(event, { third: event.id % 3 === 0 });
  return event;
};
