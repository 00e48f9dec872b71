export default event => { if (event === 3) throw new Error("three"); return event > 1; };
