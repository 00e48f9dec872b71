export default (event: Record<string, unknown>) => ({ ...event, slow: event.id === 1 });
