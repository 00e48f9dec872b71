export default { topics: ['more'], handle: () => true };
