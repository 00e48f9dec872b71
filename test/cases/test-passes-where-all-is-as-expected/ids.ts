import type { Context } from 'millrace';

let seen = 0;

export default (event: { id: number; big?: number }, context: Context) => {
  seen++;
  if (event.id === 0) return false;
  if (event.id < 0) console.log('a negative id');
  return event.big === undefined ? { ...event, from: context.id, seen } : true;
};
