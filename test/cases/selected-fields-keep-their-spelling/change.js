export default event => {
  event.new = true;
  return event;
};
