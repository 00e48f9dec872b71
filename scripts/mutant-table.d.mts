export interface Mutant {
  readonly name: string;
  readonly kind: 'sync' | 'directory' | 'checksum' | 'order' | 'bound' | 'failure';
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

export declare const MUTANTS: readonly Mutant[];
