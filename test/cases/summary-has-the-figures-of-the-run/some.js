export default event => (event === 2 ? ["two", "more"] : event > 2);
