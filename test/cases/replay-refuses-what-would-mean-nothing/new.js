export default event => event.n > 0;
