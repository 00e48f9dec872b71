import { writeFileSync } from 'node:fs';

export default () => {
  writeFileSync('begun', 'yes');
  for (;;);
};
