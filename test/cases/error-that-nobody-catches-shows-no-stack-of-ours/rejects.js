export default event => {
  if (event % 10 === 2) Promise.reject(new Error("nobody waits for this"));
  return true;
};
