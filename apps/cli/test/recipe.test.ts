import { OptionError } from '@cnn/tensor';
import { describe, expect, it } from 'vitest';
import { trainingTransforms } from '../src/train/augmentation.js';
import { scheduleOf } from '../src/train/recipe.js';

/** The learning rates at the end of each epoch, and before the first. */
const rates = (name: string, epochs: number, more: { warmup?: number } = {}): number[] => {
  const schedule = scheduleOf({ schedule: name, ...more }, { learningRate: 0.1, epochs });
  return Array.from({ length: epochs + 1 }, (_, t) => Number(schedule.at(t).toPrecision(6)));
};

describe('--schedule', () => {
  // OneCycleLR(total_steps=5), CosineAnnealingLR(4) and StepLR(2, 0.1) of PyTorch.
  it('spans the epochs as the schedules of PyTorch do', () => {
    expect(rates('one-cycle', 4)).toEqual([0.004, 0.0950485, 0.0611262, 0.0188258, 4e-7]);
    expect(rates('cosine', 4)).toEqual([0.1, 0.0853553, 0.05, 0.0146447, 0]);
    expect(rates('step', 6)).toEqual([0.1, 0.1, 0.01, 0.01, 0.001, 0.001, 0.0001]);
    expect(rates('constant', 2)).toEqual([0.1, 0.1, 0.1]);
  });

  it('takes what is left after the warm-up', () => {
    expect(rates('cosine', 6, { warmup: 2 })).toEqual([0, 0.05, 0.1, 0.0853553, 0.05, 0.0146447, 0]);
    expect(() => rates('cosine', 2, { warmup: 2 })).toThrow(new OptionError('cnn', '--warmup', 2, 'less than the 2 epochs'));
  });

  it('is JSON, too', () => {
    expect(rates('{"type":"exponentialDecay","learningRate":0.2,"gamma":0.5}', 2)).toEqual([0.2, 0.1, 0.05]);
    expect(() => rates('{"type":', 1)).toThrow(/^cnn: option '--schedule' is '{"type":'; allowed: a name or JSON; /);
  });

  it('refuses another name', () => {
    expect(() => rates('linear', 1)).toThrow(
      new OptionError('cnn', '--schedule', 'linear', 'constant, cosine, one-cycle, step, or JSON with a type and options'),
    );
  });
});

describe('--augment', () => {
  const order = (...names: Parameters<typeof trainingTransforms>[0]): string[] =>
    trainingTransforms(names, { shape: [3, 32, 32], classes: 10, scale: { mean: [0, 0, 0], deviation: [1, 1, 1] } }).map(
      ({ name }) => name,
    );

  it('puts each transform where its doc comment wants it', () => {
    expect(order()).toEqual(['toFloat', 'normalise']);
    expect(order('cutout', 'crop', 'mixup', 'flip', 'cut-mix')).toEqual([
      'toFloat',
      'randomCrop',
      'randomHorizontalFlip',
      'normalise',
      'cutout',
      'oneHot',
      'mixup',
      'cutMix',
    ]);
  });
});
