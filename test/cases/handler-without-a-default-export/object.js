export default { handler: event => event };
