import { ShapeError } from '@cnn/tensor';

/** How well a classifier did on some images. */
export interface Classification {
  /** Mean loss. */
  readonly loss: number;
  /** Share of the images whose class had the highest score, in [0, 1]. */
  readonly accuracy: number;
  /** Share of the images whose class was among the k highest scores, for each k asked for. */
  readonly topK: Readonly<Record<number, number>>;
  /** Row: true class; column: predicted class; counts. */
  readonly confusion: readonly (readonly number[])[];
  readonly images: number;
}

/** Counts hits and losses over batches. */
export class ClassificationMeter {
  readonly #confusion: number[][];
  readonly #hits: Map<number, number>;
  #loss = 0;
  #images = 0;

  /**
   * @param classes - How many classes there are.
   * @param topK - Which k to count for. Default none.
   */
  constructor(
    readonly classes: number,
    topK: readonly number[] = [],
  ) {
    this.#confusion = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
    this.#hits = new Map(topK.map(k => [k, 0]));
  }

  /**
   * Adds a batch.
   *
   * @param scores - [n, classes]; only their order counts.
   * @param labels - [n], each an index from 0 to classes - 1.
   * @param loss - The mean loss of the batch.
   * @throws {ShapeError} if there is not one score a class for each label.
   */
  add(scores: ArrayLike<number>, labels: ArrayLike<number>, loss: number): void {
    const { classes } = this;
    if (scores.length !== labels.length * classes) {
      throw new ShapeError(`metrics: ${scores.length} scores for ${labels.length} labels of ${classes} classes`);
    }
    this.#loss += loss * labels.length;
    this.#images += labels.length;
    for (let i = 0; i < labels.length; i++) {
      const label = labels[i]!;
      const own = scores[i * classes + label]!;
      let best = 0;
      // Of equal scores the first counts as higher, so that a constant classifier is not always right; so does NaN.
      let above = 0;
      for (let c = 0; c < classes; c++) {
        const score = scores[i * classes + c]!;
        // NaN counts as the highest, as in argMax.
        const top = scores[i * classes + best]!;
        if (score > top || (Number.isNaN(score) && !Number.isNaN(top))) best = c;
        if (c !== label && !(score < own || (score === own && c > label))) above++;
      }
      this.#confusion[label]![best]!++;
      for (const [k, hits] of this.#hits) if (above < k) this.#hits.set(k, hits + 1);
    }
  }

  /** The figures so far; NaN without images. */
  result(): Classification {
    const correct = this.#confusion.reduce((total, row, i) => total + row[i]!, 0);
    return {
      loss: this.#loss / this.#images,
      accuracy: correct / this.#images,
      topK: Object.fromEntries([...this.#hits].map(([k, hits]) => [k, hits / this.#images])),
      confusion: this.#confusion,
      images: this.#images,
    };
  }
}
