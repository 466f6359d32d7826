import { type Html, html } from './html.js';

const percent = (share: number): string => `${(share * 100).toFixed(2)}\u00a0%`;
const whole = (value: number): string => Math.round(value).toLocaleString('en');

/** A number as a reader wants it: whole as it is, otherwise four significant digits. */
export const plain = (value: number): string =>
  Number.isInteger(value) ? value.toLocaleString('en') : String(Number(value.toPrecision(4)));

/** How the figures that `cnn train` gives are named and written. */
const KNOWN: Readonly<Record<string, { name: string; write: (value: number) => string }>> = {
  testAccuracy: { name: 'Test accuracy', write: percent },
  trainAccuracy: { name: 'Training accuracy', write: percent },
  testLoss: { name: 'Test loss', write: plain },
  trainLoss: { name: 'Training loss', write: plain },
  epochs: { name: 'Epochs', write: whole },
  imagesPerSecond: { name: 'Images per second', write: whole },
  seconds: { name: 'Seconds of training', write: value => value.toFixed(1) },
  parameters: { name: 'Parameters', write: whole },
};

/** The key figures, each a term with its value. A figure of another name is shown under that name. */
export const figures = (result: Readonly<Record<string, number | string>>): Html =>
  html`<dl class="figures">${Object.entries(result).map(([key, value]) => {
    const known = Object.hasOwn(KNOWN, key) ? KNOWN[key] : undefined;
    const text = typeof value === 'string' ? value : (known?.write ?? plain)(value);
    return html`<div><dt>${known?.name ?? key}</dt><dd class="${typeof value === 'string' ? 'text' : 'number'}">${text}</dd></div>`;
  })}</dl>`;
