export default event => event.keep;
