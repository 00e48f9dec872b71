import type { FlameNode } from '../report.ts';
import { drawing, element } from './dom.ts';

/** A flame graph: each function as wide as its share of the time, below what calls it. A click makes one as wide as all. */

const ROW = 18;
/** What would be narrower than this share of the width is not drawn. */
const SHARE_MIN = 0.001;

interface Placed {
  readonly node: FlameNode;
  readonly from: number;
  readonly to: number;
  readonly depth: number;
}

export function flameGraph(root: FlameNode): HTMLElement {
  const told = element('p', { class: 'dim told' });
  const place = element('div', { class: 'flame' });
  const back = element('button', { type: 'button', class: 'back' }, 'all of it');
  const rows = Math.max(...placed(root, root).map(({ depth }) => depth)) + 1;
  const show = (focus: FlameNode): void => {
    // It keeps its place, and the graph its height, so that nothing moves away below the pointer.
    back.style.visibility = focus === root ? 'hidden' : 'visible';
    const all = placed(root, focus);
    const graph = drawing('svg', { height: String(rows * ROW), role: 'img', 'aria-label': 'flame graph' });
    graph.append(...all.map(one => frame(one, root, told, show)));
    place.replaceChildren(graph);
    told.textContent = textOf(focus, root);
  };
  back.addEventListener('click', () => show(root));
  show(root);
  return element('div', {}, told, back, place);
}

/** What calls the function that is looked at is as wide as it; beside it nothing is drawn. */
function placed(root: FlameNode, focus: FlameNode): Placed[] {
  const all: Placed[] = [];
  const path = pathTo(root, focus) ?? [root];
  for (const [depth, node] of path.slice(0, -1).entries()) all.push({ node, from: 0, to: 1, depth });
  const below = (node: FlameNode, from: number, to: number, depth: number): void => {
    if (to - from < SHARE_MIN) return;
    all.push({ node, from, to, depth });
    let at = from;
    for (const child of node.children) {
      const width = ((to - from) * child.value) / (node.value || 1);
      below(child, at, at + width, depth + 1);
      at += width;
    }
  };
  below(focus, 0, 1, path.length - 1);
  return all;
}

function pathTo(from: FlameNode, to: FlameNode): FlameNode[] | undefined {
  if (from === to) return [from];
  for (const child of from.children) {
    const path = pathTo(child, to);
    if (path !== undefined) return [from, ...path];
  }
  return undefined;
}

function frame(
  { node, from, to, depth }: Placed,
  root: FlameNode,
  told: HTMLElement,
  zoom: (node: FlameNode) => void,
): SVGElement {
  const width = `${(to - from) * 100}%`;
  const label = drawing('text', { x: '4', y: '13' });
  label.textContent = node.name;
  const title = drawing('title', {});
  title.textContent = textOf(node, root);
  const rect = drawing('rect', { width: '100%', height: String(ROW), fill: `var(--${kindOf(node)})` });
  // A drawing of its own cuts off what is too long.
  const made = drawing(
    'svg',
    {
      class: 'frame',
      x: `${from * 100}%`,
      y: String(depth * ROW),
      width,
      height: String(ROW),
      tabindex: '0',
      'data-name': node.name,
    },
    title,
    rect,
    ...(to - from > 0.02 ? [label] : []),
  );
  made.addEventListener('click', () => zoom(node));
  made.addEventListener('keydown', event => {
    if ((event as KeyboardEvent).key === 'Enter') zoom(node);
  });
  made.addEventListener('pointerenter', () => (told.textContent = textOf(node, root)));
  return made;
}

function textOf({ name, place, value }: FlameNode, root: FlameNode): string {
  const share = ((value / (root.value || 1)) * 100).toFixed(1);
  return `${name}${place === '' ? '' : ` (${place})`}: ${share} % of the time`;
}

/** Whose function it is. */
function kindOf({ name, place }: FlameNode): string {
  if (name === '(garbage collector)') return 'waste';
  if (place === 'millrace') return 'house';
  return /:\d+$/.test(place) && !place.startsWith('node:') ? 'own' : 'other';
}
