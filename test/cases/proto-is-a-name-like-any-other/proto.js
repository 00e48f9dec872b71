export default (event, { key }) => ({ key, own: Object.hasOwn(event, "__proto__"), polluted: {}.id, event });
