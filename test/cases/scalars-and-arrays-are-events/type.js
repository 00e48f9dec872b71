export default event => [true, event === null ? "null" : Array.isArray(event) ? "array" : typeof event];
