export default {
  concurrency: 4,
  async handle(event) {
    return event;
  },
};
