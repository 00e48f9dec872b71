// The earlier the event, the later it is done.
export default async event => {
  for (let turns = 10 - event.id; turns > 0; turns--) await new Promise(setImmediate);
  if (event.id === 4) throw new Error("four");
  return event.id % 2 === 0 ? true : { odd: event.id };
};
