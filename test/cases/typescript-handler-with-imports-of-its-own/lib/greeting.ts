export interface Person {
  readonly name: string;
}

export const Greeting = { Hello: 'hello' } as const;
