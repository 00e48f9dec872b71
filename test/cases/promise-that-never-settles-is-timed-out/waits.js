let aborted = "nothing";
export default (event, { signal }) => {
  if (event !== 2) return { event, aborted };
  signal.addEventListener("abort", () => (aborted = signal.reason.message));
  return new Promise(() => {});
};
