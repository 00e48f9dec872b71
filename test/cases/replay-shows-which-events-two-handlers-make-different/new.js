export default event => {
  if (event.n === 6) throw new Error('six');
  if (event.n === 7) return { n: 7 };
  if (event.n === 8) return null;
  if (event.n % 2 === 1) return null;
  return { ...event, even: event.n !== 10, user: { ...event.user, plan: event.n > 20 ? 'pro' : 'free' } };
};
