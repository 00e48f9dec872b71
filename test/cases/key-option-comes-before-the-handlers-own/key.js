export const key = 'user.id';
export default (event, { key }) => ({ key });
