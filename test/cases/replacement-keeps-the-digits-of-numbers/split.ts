type Event = { id: number; load?: number; user: { n: number } };
export default async (event: Event) => {
  await null;
  return [{ id: event.id, big: Infinity }, { user: { ...event.user, plan: 'new' } }, { moved: event.load }];
};
