/** A closer look at a trained net: what it learned first and where it is wrong. */
import type { Loader } from '@cnn/data';
import type { Loss, Net } from '@cnn/layers';
import { type Classification, evaluate } from '@cnn/train';
import type { ReportInput } from '../report/report.js';

const shownMistakes = 24;

interface Mistake {
  readonly index: number;
  readonly label: number;
  readonly predicted: number;
  readonly probability: number;
}

/** What {@link examine} finds. */
export interface Examination {
  readonly evaluation: Classification;
  readonly filters: ReportInput['filters'];
  readonly mistakes: ReportInput['mistakes'];
}

/** Evaluates a net and gathers the weights of its first layer and the mistakes it was surest of. */
export async function examine({ net, loss, data }: { net: Net; loss: Loss; data: Loader }): Promise<Examination> {
  let worst: Mistake[] = [];
  const evaluation = await evaluate({
    net,
    loss,
    data,
    onBatch: (batch, logits) => {
      worst = [...worst, ...mistakesIn(logits, batch.labels, batch.indices)]
        .sort((a, b) => b.probability - a.probability)
        .slice(0, shownMistakes);
    },
  });
  const { images } = await data.dataset.read(worst.map(({ index }) => index));
  const { shape } = data.dataset;
  const size = shape[0] * shape[1] * shape[2];
  const mistakes = worst.map(({ label, predicted, probability }, i) => ({
    pixels: images.slice(i * size, (i + 1) * size),
    shape,
    label,
    predicted,
    probability,
  }));
  return { evaluation, filters: await firstFilters(net), mistakes };
}

function mistakesIn(logits: ArrayLike<number>, labels: Int32Array, indices: Int32Array): Mistake[] {
  const classes = logits.length / labels.length;
  return Array.from(labels).flatMap((label, i) => {
    const row = Array.from({ length: classes }, (_, c) => logits[i * classes + c]!);
    const top = Math.max(...row);
    const predicted = row.indexOf(top);
    if (predicted === label) return [];
    const probability = 1 / row.reduce((total, score) => total + Math.exp(score - top), 0);
    return [{ index: indices[i]!, label, predicted, probability }];
  });
}

/** The weight of the first layer that looks at pixels: filters, or a linear layer's templates. */
async function firstFilters(net: Net): Promise<ReportInput['filters']> {
  const [input] = net.plan.inputShapes;
  const first = net.parameters.find(({ value }) => value.shape.length > 1);
  if (!first) return undefined;
  const { name, value } = first;
  const data = await value.data();
  if (value.shape.length === 4) return { path: name, shape: value.shape, data };
  const isTemplates = value.shape.length === 2 && input!.length === 3 && value.shape[1] === input![0]! * input![1]! * input![2]!;
  return isTemplates ? { path: name, shape: [value.shape[0]!, ...input!], data } : undefined;
}
