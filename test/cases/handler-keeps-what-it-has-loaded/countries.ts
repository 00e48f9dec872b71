import { defineHandler } from 'millrace';

let loads = 0;

async function countryOf(ip: string | number): Promise<string> {
  loads++;
  if (ip === 'odd' && loads < 4) throw new Error(`load ${loads}`);
  return `${ip}/${loads}`;
}

export default defineHandler<{ ip: string }>({
  concurrency: 1,
  cache: { size: 10, ttlMs: 3_600_000 },
  async handle(event, context) {
    context.count('seen');
    if (event.ip === 'none') context.count('none', 2);
    return { ip: event.ip, country: await context.cache.get(event.ip, countryOf) };
  },
});
