import { name } from '../lib/name.js';
export default event => ({ ...event, name, twice: event.n * 2 });
