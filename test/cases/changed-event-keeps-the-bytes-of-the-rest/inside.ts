export default (event: { user?: { plan?: string } }) => {
  if (event.user) event.user.plan = 'new';
  return event;
};
