import { inflateSync } from 'node:zlib';
import { ShapeError } from '@cnn/tensor';
import { describe, expect, it } from 'vitest';
import { formatReport, type ReportInput } from '../src/report/report.js';

const epoch = { epoch: 1, trainLoss: 0.5, trainAccuracy: 0.75, learningRate: 0.01, seconds: 2, imagesPerSecond: 500 };

const input: ReportInput = {
  title: 'lenet5 on shapes',
  arguments: { data: 'shapes', epochs: 1, resume: undefined },
  result: { testAccuracy: 0.98765, parameters: 61706, note: 'early' },
  history: [{ ...epoch, testLoss: 0.25, testAccuracy: 0.9 }],
  classes: ['round', 'square'],
  confusion: [
    [8, 2],
    [0, 0],
  ],
  filters: { path: 'conv1/weight', shape: [2, 1, 1, 2], data: [0.5, -0.25, 0, -0.5] },
  mistakes: [
    {
      pixels: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12),
      shape: [3, 2, 2],
      label: 0,
      predicted: 1,
      probability: 0.876,
    },
  ],
  summary: 'conv1  6 x 28 x 28',
};

/** The pictures of a page, decoded by the words of the PNG specification (8 bits, filter type 0 only), without the library that made them. */
function pictures(page: string): { alt: string; width: number; height: number; colour: number; bytes: number[] }[] {
  return [...page.matchAll(/<img src="data:image\/png;base64,([^"]+)"[^>]* alt="([^"]*)"/g)].map(([, base64, alt]) => {
    const png = Buffer.from(base64!, 'base64');
    const [width, height, colour] = [png.readUInt32BE(16), png.readUInt32BE(20), png.readUInt8(25)];
    const compressed: Buffer[] = [];
    for (let at = 8; at < png.length; at += png.readUInt32BE(at) + 12) {
      if (png.toString('latin1', at + 4, at + 8) === 'IDAT') compressed.push(png.subarray(at + 8, at + 8 + png.readUInt32BE(at)));
    }
    const rows = inflateSync(Buffer.concat(compressed));
    const stride = 1 + width * (colour === 2 ? 3 : 1);
    expect([...rows].filter((_, i) => i % stride === 0)).toEqual(new Array(height).fill(0));
    return { alt: alt!, width, height, colour, bytes: [...rows].filter((_, i) => i % stride !== 0) };
  });
}

describe('formatReport', () => {
  it('holds every section, and asks for nothing from outside', () => {
    const page = formatReport(input);
    expect([...page.matchAll(/<h2>([^<]+)/g)].map(([, name]) => name)).toEqual([
      'Learning curves',
      'Confusion matrix',
      'First-layer filters',
      'Worst mistakes',
      'Model',
      'Arguments',
    ]);
    expect(page).toContain(`<meta http-equiv="Content-Security-Policy" content="default-src 'none';`);
    expect(page).not.toMatch(/(?:src|href)="(?!data:)/);
    expect(page).toContain('<dt>Test accuracy</dt><dd class="number">98.77\u00a0%</dd>');
    expect(page).toContain('<dt>Parameters</dt><dd class="number">61,706</dd>');
    expect(page).toContain('<dt>note</dt><dd class="text">early</dd>');
    expect(page).toContain('conv1  6 x 28 x 28');
    expect(page).toContain('<pre>data: shapes\nepochs: 1\n</pre>');
  });

  it('leaves out filters and mistakes where there are none', () => {
    const { filters: _, ...rest } = input;
    const page = formatReport({ ...rest, mistakes: [] });
    expect(page).not.toContain('First-layer filters');
    expect(page).not.toContain('Worst mistakes');
    expect(page.replace(/<script>.*?<\/script>/gs, '')).not.toContain('undefined');
  });

  it('gives the charts the history, with null where an epoch was not tested', () => {
    const page = formatReport({ ...input, history: [...input.history, { ...epoch, epoch: 2 }] });
    const json = /<script type="application\/json" id="history">(.*?)<\/script>/.exec(page)![1]!;
    expect(JSON.parse(json)).toEqual({
      epochs: [1, 2],
      loss: [
        [0.5, 0.5],
        [0.25, null],
      ],
      accuracy: [
        [0.75, 0.75],
        [0.9, null],
      ],
    });
  });

  it('shows counts, the share of the row and its cube root as the shade, also for a class without images', () => {
    const page = formatReport(input);
    expect(page).toContain(
      '<td class="wrong" style="--shade:0.585" title="round taken for square: 2 of 10 (20.0\u00a0%)">2</td><td class="recall">80.0\u00a0%</td>',
    );
    expect(page).toContain(
      '<td class="right zero" style="--shade:0.000" title="square taken for square: 0 of 0 (0.0\u00a0%)">0</td><td class="recall">–</td>',
    );
  });

  it('lists the most frequent confusions where the matrix would be too large', () => {
    const classes = Array.from({ length: 50 }, (_, i) => `class ${i}`);
    const confusion: number[][] = classes.map((_, label) => classes.map((_, predicted) => (label === predicted ? 9 : 0)));
    confusion[3]![7] = 4;
    const page = formatReport({ ...input, classes, confusion });
    expect(page).toContain('<tbody><tr><td>class 3</td><td>class 7</td><td>4 of 13</td></tr>\n</tbody>');
    expect(page).not.toContain('<table class="confusion">');
  });

  it('escapes every text', () => {
    const evil = `</script><script>alert("it's")</script>&`;
    const escaped = '&lt;/script&gt;&lt;script&gt;alert(&quot;it&#39;s&quot;)&lt;/script&gt;&amp;';
    const page = formatReport({
      ...input,
      title: evil,
      arguments: { [evil]: evil },
      result: { [evil]: evil },
      classes: [evil, evil],
      filters: { ...input.filters!, path: evil },
      summary: evil,
    });
    expect(page).not.toContain('<script>alert');
    expect(page.split(escaped).length - 1).toBeGreaterThanOrEqual(12);
    // The charts' data, the library, the drawing: no script more than in a page without the text.
    expect(page.split('<script').length).toBe(formatReport(input).split('<script').length);
  });

  it('draws grey filters on one scale: mid-grey 0, white the largest absolute weight', () => {
    // 127.5 + 127.5 w / 0.5 for w = 0.5, -0.25; 0, -0.5
    expect(pictures(formatReport(input)).slice(0, 2)).toEqual([
      { alt: 'filter 0', width: 2, height: 1, colour: 0, bytes: [255, 64] },
      { alt: 'filter 1', width: 2, height: 1, colour: 0, bytes: [128, 0] },
    ]);
    expect(formatReport(input)).toContain('black −0.5, mid-grey 0, white 0.5');
  });

  it('changes the picture with the weight', () => {
    const page = formatReport({ ...input, filters: { ...input.filters!, data: [0.5, 0.25, 0, -0.5] } });
    expect(pictures(page)[0]!.bytes).toEqual([255, 191]);
  });

  it('draws filters of three channels in colour and of any other number channel by channel', () => {
    const colour = formatReport({ ...input, filters: { path: 'w', shape: [1, 3, 1, 2], data: [1, -1, 0, 0, -1, 1] } });
    expect(pictures(colour)[0]).toEqual({ alt: 'filter 0', width: 2, height: 1, colour: 2, bytes: [255, 128, 0, 0, 128, 255] });
    const two = formatReport({ ...input, filters: { path: 'w', shape: [2, 2, 1, 1], data: [1, -1, 0, 1] } });
    expect(
      pictures(two)
        .slice(0, 4)
        .map(({ alt, bytes }) => [alt, bytes]),
    ).toEqual([
      ['filter 0, channel 0', [255]],
      ['filter 0, channel 1', [0]],
      ['filter 1, channel 0', [128]],
      ['filter 1, channel 1', [255]],
    ]);
  });

  it('draws untrained filters, all zero, as mid-grey', () => {
    const page = formatReport({ ...input, filters: { path: 'w', shape: [1, 1, 1, 2], data: [0, 0] } });
    expect(pictures(page)[0]!.bytes).toEqual([128, 128]);
  });

  it('draws a mistake from its planes, with both classes and the probability', () => {
    const page = formatReport(input);
    expect(pictures(page)[2]).toEqual({
      alt: 'an image of round, taken for square',
      width: 2,
      height: 2,
      colour: 2,
      bytes: [1, 5, 9, 2, 6, 10, 3, 7, 11, 4, 8, 12],
    });
    expect(page).toContain('predicted <b>square</b> 87.6\u00a0%<br>true <b>round</b>');
  });

  it('refuses filters whose shape and numbers differ', () => {
    const filters = { path: 'conv1/weight', shape: [2, 1, 5, 5], data: new Float32Array(49) };
    expect(() => formatReport({ ...input, filters })).toThrow(ShapeError);
    expect(() => formatReport({ ...input, filters })).toThrow("'conv1/weight' of shape [2, 1, 5, 5] with 49 numbers");
  });
});
