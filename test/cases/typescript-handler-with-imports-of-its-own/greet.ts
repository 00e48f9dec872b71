import { defineHandler } from 'millrace';
// @ts-ignore -- made by the case's cmd
import shout from 'shout';
import { Greeting, type Person } from './lib/greeting.ts';

export default defineHandler<Person>({
  key: 'name',
  handle: (event, { key }) => ({ greeting: Greeting.Hello, name: shout(event.name), key }),
});
