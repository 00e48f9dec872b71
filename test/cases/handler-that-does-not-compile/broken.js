export const key = 1;
export default event => {
  return event.;
};
