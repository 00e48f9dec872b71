export const HANDLER: string;
export function randomOf(seed: number): () => number;
export function generateEvents(count: number, random: () => number): string;
