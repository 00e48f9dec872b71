export default () => {
  throw new Error("\u001b[31mred\u0007\u009b");
};
