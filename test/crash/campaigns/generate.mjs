// Events as those of the Yahoo streaming benchmark, the same for the same numbers:
//
//     node generate.mjs 100000 > events.ndjson
//
// A thousand ads; of three events one is a view; they come up to three seconds out of order.

const [events = '10000', seed = '1'] = process.argv.slice(2);
const TYPES = ['view', 'click', 'purchase'];
const STARTED_MS = Date.UTC(2026, 0, 1);

let state = Number(seed);

/** A whole number below `below` (mulberry32). */
function random(below) {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) % below;
}

let text = '';
for (let n = 0; n < Number(events); n++) {
  const event = {
    user_id: `user-${random(1000)}`,
    page_id: `page-${random(100)}`,
    ad_id: `ad-${random(1000)}`,
    ad_type: 'banner',
    event_type: TYPES[random(TYPES.length)],
    event_time: String(STARTED_MS + 2 * n - random(3000)),
    ip_address: '1.2.3.4',
  };
  text += `${JSON.stringify(event)}\n`;
  if (text.length < 65_536) continue;
  process.stdout.write(text);
  text = '';
}
process.stdout.write(text);
