export default event => {
  if (event.id > 2) throw new Error(`no such id\u001b[31m\n${'x'.repeat(90)}`);
  return event.id === 2 ? () => 0 : true;
};
