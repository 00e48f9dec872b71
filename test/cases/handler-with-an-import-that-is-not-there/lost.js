import { left } from './nothing.js';
import pad from 'millrace-has-no-such-package';
export default event => left(pad(event));
