export default {
  topics: ['alerts'],
  handle: (event, context) => {
    if (event > 1) context.emit('alerts', { event });
    return true;
  },
};
