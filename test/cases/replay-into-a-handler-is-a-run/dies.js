export default event => {
  if (event.n === 7) throw new Error('seven');
  return true;
};
