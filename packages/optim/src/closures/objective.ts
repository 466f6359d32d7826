import {
  arrayTypes,
  CnnError,
  DTypeError,
  grad,
  isFloat,
  type Tensor,
  tensor,
  tidy,
  UsageError,
  type Variable,
} from '@cnn/tensor';
import * as ops from '@cnn/tensor/ops';

/** A loss and its gradient somewhere. */
export interface Slope {
  readonly loss: number;
  readonly gradient: Float64Array;
}

/** A loss as a function of all numbers of some variables, which stand in one list, in float64 on the host. */
export class Objective {
  readonly #type: string;
  readonly #loss: () => Tensor;
  readonly #variables: readonly Variable[];
  /** How often the loss was computed, Hessians aside. */
  evaluations = 0;

  /**
   * @param type - Who asks, for messages.
   * @throws {UsageError} if the loss is no function.
   */
  constructor(type: string, loss: () => Tensor, variables: readonly Variable[]) {
    if (typeof loss !== 'function') throw new UsageError(`${type}: the loss must be a function that gives a scalar`);
    this.#type = type;
    this.#loss = loss;
    this.#variables = variables;
  }

  /** Where the variables are. */
  async point(): Promise<Float64Array> {
    return joined(this.#variables.map(({ value }) => value.data()));
  }

  /** Puts the variables somewhere. */
  move(point: Float64Array): void {
    let at = 0;
    for (const variable of this.#variables) {
      const { backend, shape, dtype, size } = variable.value;
      variable.assign(tensor(backend, new arrayTypes[dtype](point.subarray(at, at + size)), { shape, dtype }));
      at += size;
    }
  }

  /** The loss here. */
  async loss(): Promise<number> {
    this.evaluations++;
    const loss = tidy(() => this.#loss());
    return loss.item().finally(() => loss.dispose());
  }

  /** The loss and its gradient here. */
  async slope(): Promise<Slope> {
    this.evaluations++;
    const { loss, grads } = grad(() => this.#loss(), this.#variables);
    try {
      return { loss: await loss.item(), gradient: await joined(grads.map(each => each.data())) };
    } finally {
      for (const made of [loss, ...grads]) made.dispose();
    }
  }

  /** The same. @throws {CnnError} where one of them is not finite, since no step leads from there. */
  async finiteSlope(): Promise<Slope> {
    const slope = await this.slope();
    if (!Number.isFinite(slope.loss)) throw new CnnError(`${this.#type}: the loss is ${slope.loss} before the step`);
    const odd = slope.gradient.find(x => !Number.isFinite(x));
    if (odd !== undefined) throw new CnnError(`${this.#type}: the gradient holds ${odd} before the step`);
    return slope;
  }

  /** The matrix of second derivatives here, by rows: one backward pass through the gradient for each number. */
  async hessian(): Promise<Float64Array[]> {
    const rows: Float64Array[] = [];
    for (const [i, { value }] of this.#variables.entries()) {
      for (let at = 0; at < value.size; at++) rows.push(await this.#hessianRow(i, at));
    }
    return rows;
  }

  /** The gradient of number `at` of the gradient of variable `i`. */
  async #hessianRow(i: number, at: number): Promise<Float64Array> {
    const { loss, grads } = grad(() => {
      const gradient = grad(() => this.#loss(), this.#variables).grads[i]!;
      const one = new arrayTypes[gradient.dtype](gradient.size);
      one[at] = 1;
      return ops.sum(ops.mul(gradient, tensor(gradient.backend, one, { shape: gradient.shape, dtype: gradient.dtype })));
    }, this.#variables);
    loss.dispose();
    return joined(grads.map(each => each.data())).finally(() => {
      for (const made of grads) made.dispose();
    });
  }
}

/** Lists of numbers, one after the other. */
async function joined(lists: readonly Promise<ArrayLike<number>>[]): Promise<Float64Array> {
  return Float64Array.from((await Promise.all(lists)).flatMap(list => Array.from(list)));
}

/** @throws {UsageError} for no list, or an empty one. @throws {DTypeError} for a variable that is not float. */
export function checkVariables(type: string, variables: readonly Variable[]): void {
  if (!Array.isArray(variables) || variables.length === 0)
    throw new UsageError(`${type}: it takes a list of variables; of a net, net.trainable`);
  for (const { name, value } of variables as readonly Variable[])
    if (!isFloat(value.dtype)) throw new DTypeError(`${type}: variable '${name}' is ${value.dtype}; it must be float`);
}
