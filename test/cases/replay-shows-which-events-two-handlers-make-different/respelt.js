export default event => event.n % 2 === 0 && { even: true, ...event };
