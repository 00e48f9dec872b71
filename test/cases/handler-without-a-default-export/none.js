export const key = 'id';
