export default (event, { id }) => [true, id];
