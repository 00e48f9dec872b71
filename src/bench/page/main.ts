import plotStyle from 'uplot/dist/uPlot.min.css';
import type { BenchReport } from '../report.ts';
import { card, element } from './dom.ts';
import { distribution, fitPlots, forgetPlots } from './plots.ts';
import { comparisonSection, handlerSection, machineCard } from './sections.ts';
import style from './style.css';
import { timeText } from './words.ts';

/** The page of a bench, in the browser: made from the report that stands in it as JSON. */

const data = document.getElementById('report')!.textContent!;
const report = JSON.parse(data) as BenchReport;

document.head.append(element('style', {}, plotStyle), element('style', {}, style));
show();
// Plots have their colours painted in.
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', show);
addEventListener('resize', fitPlots);

function show(): void {
  forgetPlots();
  const { handlers, comparisons, notes, interrupted, time, input } = report;
  const names = handlers.map(({ name }) => name).join(', ');
  document.title = `millrace bench: ${names}`;
  document.body.replaceChildren(
    element(
      'header',
      {},
      element('h1', {}, names),
      element(
        'p',
        { class: 'dim' },
        `${input.names.join(', ')} · ${time}${interrupted ? ' · interrupted' : ''}`,
      ),
    ),
    ...notes.map(note => element('p', { class: 'note' }, note)),
    element('div', { class: 'grid' }, ...comparisons.map(comparisonSection), ...together()),
    ...handlers.map(handlerSection),
    element('div', { class: 'grid' }, machineCard(report), downloadCard()),
  );
}

/** All handlers in one plot, where there are several. */
function together(): HTMLElement[] {
  const all = report.handlers.flatMap(({ name, alone }) =>
    alone?.single === undefined ? [] : [{ name, bins: alone.single.bins }],
  );
  return all.length > 1 ? [card('Time of single events, side by side', distribution(all, timeText))] : [];
}

function downloadCard(): HTMLElement {
  const button = element('button', { type: 'button', id: 'download' }, 'Download as JSON');
  button.addEventListener('click', () => {
    const url = URL.createObjectURL(new Blob([data], { type: 'application/json' }));
    const link = element('a', { href: url, download: 'millrace-bench.json' });
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
  });
  return card(
    'Raw data',
    element('p', {}, 'All figures of this page, and each round that they come from.'),
    button,
  );
}
