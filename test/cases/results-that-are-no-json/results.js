const cycle = { name: "cycle" };
cycle.self = cycle;
const results = [() => 1, 5n, cycle, NaN, -Infinity, Symbol("s"), [1, 5n], { in: { deep: 5n } }, { NaN }, new Date(NaN), { f() {} }];
export default event => results[event];
