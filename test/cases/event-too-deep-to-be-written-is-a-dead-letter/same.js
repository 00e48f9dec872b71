export default event => event;
