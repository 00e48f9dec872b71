export default event => { for (;;) event.n++; };
