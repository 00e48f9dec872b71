export const key = 'id';

export default (event, context) => {
  if (event.id === 3) throw new Error('still not');
  if (event.id === 4) return { id: 4, from: context.id };
  return event.id !== 5;
};
