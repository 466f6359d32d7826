import type { Build, ConvolutionMode } from '@cnn/backend-cpu';

/** What the command line says, for every mode. */
export interface Settings {
  /** Items or words at their beginning; all if there are none. */
  readonly only: readonly string[];
  readonly threads: readonly number[];
  readonly build?: Build;
  readonly convolution?: ConvolutionMode;
  /** Milliseconds of measuring: per item, or per turn in a comparison. */
  readonly budget?: number;
  /** GFLOP/s of a core in place of the measured. */
  readonly peak?: number;
  /** The peer to compare with. */
  readonly vs?: string;
  readonly pairs: number;
  readonly python: string;
  /** The widest instructions that PyTorch may use. */
  readonly isa?: string;
  readonly json?: boolean;
}

/** Options of `cpu` for a number of threads. */
export const cpuOptions = ({ build, convolution }: Settings, threads: number) => ({
  threads,
  ...(build && { build }),
  ...(convolution && { convolution }),
});

/** Prints a line for people, unless the output is JSON. */
export const tell = ({ json }: Settings, line: string): void => {
  if (!json) process.stdout.write(`${line}\n`);
};

/** Prints the line of JSON. */
export const printJson = (value: unknown): void => {
  process.stdout.write(`${JSON.stringify(value)}\n`);
};
