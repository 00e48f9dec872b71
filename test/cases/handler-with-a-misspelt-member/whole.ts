import * as parts from './parts.ts';

export default parts;
