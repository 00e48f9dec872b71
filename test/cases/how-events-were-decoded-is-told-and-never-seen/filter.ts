export default (event: { id: number }) => event.id % 3 === 0;
