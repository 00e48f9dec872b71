export default event => {
  if (event % 1000 === 0) throw "a thousand";
  if (event % 3 === 0) return [event, { text: "é" }];
  return event % 2 === 0;
};
