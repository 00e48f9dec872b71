import { defineHandler } from 'millrace';

export default defineHandler({ keey: 'n', handle: () => true } as any);
