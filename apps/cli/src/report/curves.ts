import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { EpochLog } from '@cnn/train';
import { plain } from './figures.js';
import { Html, html, scriptJson } from './html.js';

const { resolve } = createRequire(import.meta.url);
const uPlotFile = (name: string): string => readFileSync(resolve(`uplot/dist/${name}`), 'utf8');

/** The style sheet of the charts. */
export const curvesStyle = (): string => uPlotFile('uPlot.min.css');

/** Loss and accuracy of each epoch as two charts, and as a table for those who cannot see them. */
export function curves(history: readonly EpochLog[]): Html {
  const columns = COLUMNS.filter(([key]) => key !== 'penalty' || history.some(({ penalty }) => penalty !== undefined));
  const column = (key: keyof EpochLog) => history.map(row => row[key] ?? null);
  const charts = {
    epochs: column('epoch'),
    loss: [column('trainLoss'), column('testLoss')],
    accuracy: [column('trainAccuracy'), column('testAccuracy')],
  };
  return html`<div class="charts"><div id="loss"></div><div id="accuracy"></div></div>
<details><summary>The same in numbers</summary><div class="wide"><table>
<thead><tr>${columns.map(([, name]) => html`<th scope="col">${name}</th>`)}</tr></thead>
<tbody>${history.map(row => html`<tr>${columns.map(([key]) => html`<td>${cell(row[key])}</td>`)}</tr>\n`)}</tbody>
</table></div></details>
<script type="application/json" id="history">${scriptJson(charts)}</script>
<script>${new Html(uPlotFile('uPlot.iife.min.js'))}</script>
<script>${new Html(DRAW_CURVES)}</script>`;
}

const COLUMNS: readonly (readonly [keyof EpochLog, string])[] = [
  ['epoch', 'Epoch'],
  ['trainLoss', 'Training loss'],
  ['testLoss', 'Test loss'],
  ['penalty', 'Penalty'],
  ['trainAccuracy', 'Training accuracy'],
  ['testAccuracy', 'Test accuracy'],
  ['learningRate', 'Learning rate'],
  ['imagesPerSecond', 'Images/s'],
];

const cell = (value: number | undefined): string => (value === undefined ? '–' : plain(value));

/** What the page runs. Text, because bundlers and coverage tools rewrite functions. */
const DRAW_CURVES = `
const { epochs, loss, accuracy } = JSON.parse(document.getElementById('history').textContent);
const colour = name => () => getComputedStyle(document.documentElement).getPropertyValue('--' + name).trim();
const axis = { stroke: colour('muted'), grid: { stroke: colour('line'), width: 1 }, ticks: { stroke: colour('line'), width: 1 } };
const draw = (id, title, [train, test], write) => {
  const element = document.getElementById(id);
  const size = () => ({ width: element.clientWidth, height: 260 });
  const series = (label, name) =>
    ({ label, stroke: colour(name), width: 2, points: { show: epochs.length < 40, size: 6, fill: colour(name) }, value: (_, v) => v == null ? '–' : write(v) });
  const chart = new uPlot({
    title,
    ...size(),
    scales: { x: { time: false, range: (_, low, high) => low === high ? [low - 1, high + 1] : [low, high] } },
    axes: [
      { ...axis, label: 'epoch', size: 32, labelSize: 20, labelGap: 0, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000] },
      { ...axis, size: 64, values: (_, ticks) => ticks.map(write) },
    ],
    series: [{ label: 'epoch' }, series('training', 'train'), series('test', 'test')],
  }, [epochs, train, test], element);
  addEventListener('resize', () => chart.setSize(size()));
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => chart.redraw());
};
draw('loss', 'Loss', loss, v => String(Number(v.toPrecision(4))));
draw('accuracy', 'Accuracy', accuracy, v => Number((v * 100).toFixed(2)) + '\u00a0%');
`;
