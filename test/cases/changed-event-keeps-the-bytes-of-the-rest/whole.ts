export default (event: Record<string, unknown>) => {
  for (const name of Object.keys(event)) if (name === 'id') event[name] = 'x';
  return event;
};
