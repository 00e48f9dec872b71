export default (event, { log }) => {
  log("x".repeat(1000));
  return true;
};
