export default event => {
  if (event === 2) process.exit(3);
  return true;
};
