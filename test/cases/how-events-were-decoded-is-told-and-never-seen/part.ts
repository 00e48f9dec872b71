export default (event: { id: number; third?: boolean }) => {
  event.third = event.id % 3 === 0;
  return event;
};
