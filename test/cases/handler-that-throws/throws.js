function deeper(event) {
  return event.user.name;
}

class OutOfRange extends Error {
  name = "OutOfRange";
}

export default event => {
  if (event === 3) throw new OutOfRange("three\nis too much");
  return deeper(event);
};
