console.log("loading");
export default event => {
  console.log("log");
  process.stdout.write("stdout\n");
  return event;
};
