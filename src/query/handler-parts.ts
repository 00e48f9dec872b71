/**
 * The parts of an event that a handler can look at, as a tree that grows while its source is read.
 *
 * It only ever grows: a part that is whole stays whole, so the order in which uses are found does not matter.
 */

/** One member of an event, or of a part of it. */
export interface Part {
  readonly name: string;
  /** The value may be looked at in every way, kept, or changed inside: it must be decoded whole. */
  readonly whole: boolean;
  /**
   * Else the members of it that can be looked at, if it is an object; a string, number, literal or array is always
   * decoded whole. Without any, only what kind of value it is can be seen.
   */
  readonly parts: readonly Part[];
}

/** Levels below the event on which parts are told apart; what lies deeper is decoded with the part above it. */
const DEPTH_MAX = 16;

export class PartNode {
  readonly #depth: number;
  readonly #members = new Map<string, PartNode>();
  #whole = false;

  /** `above` is what the part is a member of; the event itself has nothing above it. */
  constructor(above?: PartNode) {
    this.#depth = above === undefined ? 0 : above.#depth + 1;
  }

  get isEvent(): boolean {
    return this.#depth === 0;
  }

  get whole(): boolean {
    return this.#whole;
  }

  beWhole(): void {
    this.#whole = true;
  }

  /** The member `name`, which can be looked at from now on; undefined where this part is whole anyway. */
  member(name: string): PartNode | undefined {
    if (this.#depth === DEPTH_MAX) this.#whole = true;
    if (this.#whole) return undefined;
    let member = this.#members.get(name);
    if (member === undefined) {
      member = new PartNode(this);
      this.#members.set(name, member);
    }
    return member;
  }

  /** The members as they stand, in the order in which they were found. */
  parts(): Part[] {
    return [...this.#members].map(([name, node]) => ({
      name,
      whole: node.#whole,
      parts: node.#whole ? [] : node.parts(),
    }));
  }
}
