type Event = { id: number; load?: number; user: { n: number } };
export default ({ id, load, user }: Event) => ({ user, id, double: load && load * 2 });
