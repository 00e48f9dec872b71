export default (event: { readonly id: number }) => {
  if (event.id === 3) throw new TypeError('three\nis \u001b[31mred');
  return event.id === 1;
};
