export default event => [true, event.id, true];
