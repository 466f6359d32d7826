/** Writes docs/models.md with `npx vitest run --project models models-page -u`; without `-u`, sees that it is up to date. */
import { type Shape, showShape } from '@cnn/tensor';
import { expect, it } from 'vitest';
import { standardModels } from '../src/index.js';
import { sizesOf } from './sizes.js';

const number = (n: number): string => n.toLocaleString('en-US');
const shapes = (list: readonly Shape[]): string => list.map(showShape).join(', ');

function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map(row => row[column]!.length)));
  const line = (row: readonly string[]): string => `| ${row.map((cell, i) => cell.padEnd(widths[i]!)).join(' | ')} |`;
  return [line(rows[0]!), line(widths.map(width => '-'.repeat(width))), ...rows.slice(1).map(line)].join('\n');
}

it('docs/models.md says what the models are', async () => {
  const rows = Object.entries(standardModels).map(([name, { build, input, paper }]) => {
    const { parameters, multiplyAdds, outputs } = sizesOf(build({}), input);
    return [`\`${name}\``, paper, number(parameters), number(multiplyAdds), showShape(input), shapes(outputs)];
  });
  const page = `# Models

The architectures of \`@cnn/models\` by the names that the \`cnn\` command takes, as \`cnn summary NAME\` and \`cnn train --model NAME\`. Multiply-adds
are those of convolutions and linear layers for one image, as papers count them; shapes are without the batch axis. What differs from the paper is
said in the doc comment of each builder. A model of several outputs, as one with auxiliary classifiers, is for a training loop of your own.

${table([['name', 'paper', 'parameters', 'multiply-adds', 'input', 'output'], ...rows])}

This page is written by \`npx vitest run --project models models-page -u\`.
`;
  await expect(page).toMatchFileSnapshot('../../../docs/models.md');
});
