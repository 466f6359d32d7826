import type { EpochLog } from '@cnn/train';
import { confusionTable } from './confusion.js';
import { curves, curvesStyle } from './curves.js';
import { figures } from './figures.js';
import { Html, html } from './html.js';
import { type Filters, filterPictures, type Mistake, mistakePictures } from './pictures.js';
import { STYLE } from './style.js';

/** What a report shows. */
export interface ReportInput {
  readonly title: string;
  /** The command's arguments. One that is undefined is left out. */
  readonly arguments: Readonly<Record<string, unknown>>;
  /** The key figures, as `testAccuracy` (a share) and `seconds`. */
  readonly result: Readonly<Record<string, number | string>>;
  readonly history: readonly EpochLog[];
  readonly classes: readonly string[];
  /** `[true class, predicted class]`. */
  readonly confusion: readonly (readonly number[])[];
  readonly filters?: Filters;
  /** The worst first. */
  readonly mistakes: readonly Mistake[];
  /** The model, as `summary` writes it. */
  readonly summary: string;
}

/**
 * A training run as one HTML file that needs nothing beside itself and asks for nothing: no script, picture or font from
 * outside, which a content security policy holds it to.
 *
 * @throws {ShapeError} for filters whose shape and numbers differ.
 */
export function formatReport(input: ReportInput): string {
  const given = Object.entries(input.arguments).filter(([, value]) => value !== undefined);
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>${input.title}</title>
<style>${new Html(curvesStyle())}${new Html(STYLE)}</style>
</head>
<body>
<h1>${input.title}</h1>
${figures(input.result)}
${section('Learning curves', curves(input.history))}
${section('Confusion matrix', confusionTable(input.confusion, input.classes))}
${input.filters && section('First-layer filters', filterPictures(input.filters))}
${input.mistakes.length > 0 ? section('Worst mistakes', mistakePictures(input.mistakes, input.classes)) : undefined}
${section('Model', html`<pre>${input.summary}</pre>`)}
${section(
  'Arguments',
  html`<pre>${given.map(([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}\n`)}</pre>`,
)}
</body>
</html>
`.text;
}

const section = (name: string, content: Html): Html => html`<section><h2>${name}</h2>
${content}</section>`;
