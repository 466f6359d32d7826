import { type Html, html } from './html.js';

/** A larger matrix would be unreadable; its most frequent confusions are listed instead. */
const MOST_CLASSES = 40;
const MOST_PAIRS = 50;

/**
 * The confusion matrix as a table: a row for each true class, a column for each predicted one, counts in the cells. The
 * shade is the cube root of the cell's share of its row, so that one image in a hundred can still be seen.
 *
 * @param counts - `[true class, predicted class]`.
 */
export const confusionTable = (counts: readonly (readonly number[])[], classes: readonly string[]): Html =>
  classes.length > MOST_CLASSES ? confusionList(counts, classes) : confusionMatrix(counts, classes);

function confusionMatrix(counts: readonly (readonly number[])[], classes: readonly string[]): Html {
  const rows = counts.map((row, label) => {
    const total = sum(row);
    const cells = row.map((count, predicted) => {
      const share = count / (total || 1);
      const name = `${classes[label]} taken for ${classes[predicted]}: ${count} of ${total} (${(share * 100).toFixed(1)}\u00a0%)`;
      const kind = `${label === predicted ? 'right' : 'wrong'}${share > 0.6 ? ' strong' : ''}${count === 0 ? ' zero' : ''}`;
      return html`<td class="${kind}" style="--shade:${Math.cbrt(share).toFixed(3)}" title="${name}">${count}</td>`;
    });
    const recall = total === 0 ? '–' : `${(((row[label] ?? 0) / total) * 100).toFixed(1)}\u00a0%`;
    return html`<tr><th scope="row">${classes[label]}</th>${cells}<td class="recall">${recall}</td></tr>\n`;
  });
  return html`<p class="note">Rows are true classes, columns predicted ones; the last column is the share that was right.
Blue is right, orange wrong; the shade is the cube root of the share of the row.</p>
<div class="wide"><table class="confusion"><caption class="hidden">Confusion matrix</caption>
<thead><tr><td></td>${classes.map(name => html`<th scope="col">${name}</th>`)}<th scope="col">right</th></tr></thead>
<tbody>${rows}</tbody></table></div>`;
}

function confusionList(counts: readonly (readonly number[])[], classes: readonly string[]): Html {
  const pairs = counts
    .flatMap((row, label) => row.map((count, predicted) => ({ label, predicted, count, total: sum(row) })))
    .filter(({ label, predicted, count }) => label !== predicted && count > 0)
    .sort((a, b) => b.count - a.count)
    .slice(0, MOST_PAIRS);
  return html`<p class="note">The most frequent confusions of ${classes.length} classes.</p>
<div class="wide"><table><thead><tr><th scope="col">True class</th><th scope="col">Taken for</th><th scope="col">Images</th></tr></thead>
<tbody>${pairs.map(
    ({ label, predicted, count, total }) =>
      html`<tr><td>${classes[label]}</td><td>${classes[predicted]}</td><td>${count} of ${total}</td></tr>\n`,
  )}</tbody></table></div>`;
}

const sum = (row: readonly number[]): number => row.reduce((total, count) => total + count, 0);
