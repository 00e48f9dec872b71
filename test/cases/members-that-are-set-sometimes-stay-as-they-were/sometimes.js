export default event => {
  if (event.status >= 500) event.level = 'high';
  if (event.user.plan === null) delete event.user;
  return event;
};
