export default event => {
  if (event.id > 1) throw new Error('not yet');
  return true;
};
