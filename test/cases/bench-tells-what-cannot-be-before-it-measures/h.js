export default event => event.n > 1;
