module.exports = event => event.n > 1;
module.exports.limit = 1;
