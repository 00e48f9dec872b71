/** Elements of the page. What they show goes in as text, never as markup: names may hold anything. */

type Child = Node | string | undefined;

export function element(
  name: string,
  attributes: Readonly<Record<string, string>>,
  ...children: readonly Child[]
): HTMLElement {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children.filter(child => child !== undefined));
  return made;
}

const SVG = 'http://www.w3.org/2000/svg';

export function drawing(
  name: string,
  attributes: Readonly<Record<string, string>>,
  ...children: readonly Node[]
): SVGElement {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

export function card(title: string, ...children: readonly Child[]): HTMLElement {
  return element('section', { class: 'card' }, element('h3', {}, title), ...children);
}

export function figure(value: string, name: string): HTMLElement {
  return element('div', { class: 'figure' }, element('b', {}, value), element('span', {}, name));
}

/** Numbers stand at the right, and so do the names of their columns. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): HTMLElement {
  const isNumber = head.map(
    (_, at) => at > 0 && rows.every(row => /^[\d.]*\s*\S{0,3}(\/s)?$/.test(row[at]!)),
  );
  const cell = (name: string, text: string, at: number): HTMLElement =>
    element(name, isNumber[at] === true ? { class: 'number' } : {}, text);
  const headRow = element('tr', {}, ...head.map((text, at) => cell('th', text, at)));
  const body = rows.map(row => element('tr', {}, ...row.map((text, at) => cell('td', text, at))));
  return element('div', { class: 'scroll' }, element('table', {}, headRow, ...body));
}

/** The value of a colour of the style sheet, light or dark as it is just now. */
export function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}
