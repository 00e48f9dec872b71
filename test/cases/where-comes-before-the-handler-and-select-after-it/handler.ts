let calls = 0;
export default (event: { id: number; kind: string; seen?: number }) => {
  calls++;
  if (event.id === 4) return [true, { id: 40, seen: 'again' }];
  if (event.id === 5) return true;
  event.seen = calls;
  return event;
};
