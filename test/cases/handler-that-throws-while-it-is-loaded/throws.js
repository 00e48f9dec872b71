const settings = undefined;
export default settings.handler;
