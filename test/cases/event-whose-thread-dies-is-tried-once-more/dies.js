export default (event, { attempt }) => {
  if (event === 2 && attempt === 1) process.reallyExit(1);
  return { event, attempt };
};
