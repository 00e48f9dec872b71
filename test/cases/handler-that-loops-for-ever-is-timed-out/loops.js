export default event => {
  while (event === 2);
  return true;
};
