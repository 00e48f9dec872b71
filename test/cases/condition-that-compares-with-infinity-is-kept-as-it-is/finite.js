export default event => event.n < Infinity;
