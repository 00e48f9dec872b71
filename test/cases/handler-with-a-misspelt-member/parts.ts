export const limit = 1;
export function handle(event: { n: number }): boolean {
  return event.n > limit;
}
