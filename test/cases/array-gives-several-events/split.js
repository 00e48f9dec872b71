export default event => event.parts;
