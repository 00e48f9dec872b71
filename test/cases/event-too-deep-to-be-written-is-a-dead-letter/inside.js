export default event => ({ event });
