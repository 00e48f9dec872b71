export default event => {
  const eaten = [];
  while (event === 2) eaten.push(new Array(10000).fill(eaten.length));
  return true;
};
