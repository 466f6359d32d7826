import { alias, checkOptions, type OptionRule, option, type Variable } from '@cnn/tensor';
import * as ops from '@cnn/tensor/ops';
import { Optimizer } from '../optimizer.js';
import type { Target } from '../optimizer-state.js';

/** Options of {@link lookahead}. */
export interface LookaheadOptions {
  /** What makes the fast steps. */
  readonly optimizer: Optimizer;
  /** k: fast steps from one slow step to the next. Default 5. */
  readonly steps?: number;
  /** α: how far a slow step goes, as a share of the way. Default 0.5. */
  readonly share?: number;
}

const optimizerOption: OptionRule = { allowed: 'an optimizer', accepts: value => value instanceof Optimizer };

/**
 * Lookahead (Zhang et al., 2019): another optimizer moves the parameters; after every k of its steps the slow weights follow,
 * φ ← φ + α (p - φ), and the parameters go back to them, p ← φ. Learning rate and groups are the other optimizer's, whose slots
 * stay as they are. Slots: its own, and `slowWeights` (φ).
 *
 * @throws {OptionError} for an unknown or impossible option, and without an optimizer.
 */
export const lookahead = /* @__PURE__ */ Object.assign(
  (options: LookaheadOptions): Optimizer => {
    const rules = { optimizer: optimizerOption, steps: option.count, share: option.between(0, 1) };
    checkOptions('lookahead', options, rules, ['optimizer']);
    const { optimizer, steps = 5, share = 0.5 } = options;
    return new Lookahead({ optimizer, steps, share });
  },
  { kind: 'optimizer' as const, type: 'lookahead' },
);

class Lookahead extends Optimizer {
  readonly #options: Required<LookaheadOptions>;

  constructor(options: Required<LookaheadOptions>) {
    const { optimizer, steps, share } = options;
    const targets = (parameters: readonly Variable[]): Target[] =>
      optimizer.targets(parameters).map(target => withSlowWeights(target, steps, share));
    super('lookahead', { ...optimizer.config, ...options }, targets);
    this.#options = options;
  }

  // Without the learning rate and the groups, which the inner optimizer tells.
  override toJSON(): Readonly<Record<string, unknown>> {
    return { type: this.type, ...this.#options };
  }
}

function withSlowWeights({ parameter, slots, update }: Target, steps: number, share: number): Target {
  return {
    parameter,
    slots: [...slots, 'slowWeights'],
    update(held, gradient, config) {
      const slow = held.at(-1)!;
      // Slots are zeros at first.
      if (config.step === 1) slow.assign(alias(parameter.value));
      update(held.slice(0, -1), gradient, config);
      if (config.step % steps !== 0) return;
      slow.assign(ops.add(slow.value, ops.mul(ops.sub(parameter.value, slow.value), share)));
      parameter.assign(alias(slow.value));
    },
  };
}
