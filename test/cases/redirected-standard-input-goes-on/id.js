export default (event, { id }) => ({ event, id });
