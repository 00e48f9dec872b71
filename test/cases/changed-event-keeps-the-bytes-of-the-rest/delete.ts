export default (event: Record<string, unknown>) => {
  delete event.user;
  return event;
};
