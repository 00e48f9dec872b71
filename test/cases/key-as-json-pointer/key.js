export default (event, { key }) => ({ key });
