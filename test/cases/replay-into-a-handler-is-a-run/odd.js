export default event => event.n % 2 === 1 && { n: event.n };
