export default event => event.n % 2 === 0;
