export default { handle: () => true, batchSize: 5 };
