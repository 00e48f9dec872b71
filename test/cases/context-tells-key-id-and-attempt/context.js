export default (event, { key, id, attempt, log }) => {
  if (event.log) log("seen", event.log);
  return { key, id, attempt };
};
