import { createServer } from 'node:net';

/**
 * Takes lines on a socket and notes when each comes. Prints its port, and when the sender has ended, for each line the time in it
 * and the milliseconds at which it was here, as JSON.
 */

const arrivals: [tsMs: number, atMs: number][] = [];

const server = createServer(socket => {
  let rest = '';
  socket.setEncoding('latin1').on('data', piece => {
    const atMs = performance.now();
    const lines = (rest + String(piece)).split('\n');
    rest = lines.pop()!;
    for (const line of lines) arrivals.push([Number(/"ts":(\d+)/.exec(line)![1]), atMs]);
  });
  socket.on('end', () => {
    server.close();
    console.log(JSON.stringify(arrivals));
  });
}).listen(0, '127.0.0.1', () => console.log((server.address() as { port: number }).port));
