import type { WindowContext } from '../../src/window/windows.ts';

/** The context of one key, whose state goes through JSON from one event to the next, as it does in a run. */
export class KeyContext implements WindowContext {
  readonly key = 'k';
  json: string | undefined;
  readonly emitted: unknown[] = [];
  readonly counted: string[] = [];

  readonly state = {
    // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- that of the interface
    get: <Value>(): Value | undefined =>
      this.json === undefined ? undefined : (JSON.parse(this.json) as Value),
    set: (value: unknown): void => {
      this.json = JSON.stringify(value);
    },
  };

  readonly emit = (topic: string, event: unknown): void => {
    this.emitted.push([topic, event]);
  };

  readonly count = (name: string): void => {
    this.counted.push(name);
  };
}
