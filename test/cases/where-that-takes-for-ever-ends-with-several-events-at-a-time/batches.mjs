export default {
  batch: { size: 2 },
  async handle(events) {
    return events;
  },
};
