export default { concurrency: 'many', handle: () => true };
