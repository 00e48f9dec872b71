export default event => event.n % 2 === 0 && { ...event, even: true };
