export function handlerFor(alerts: string): string;
export function linesOf(from: number, to: number): string[];
export function freezeStore(store: string, options?: { readonly forms?: boolean }): Promise<void>;
