/** What a page is asked to do, and what it answers; both cross to the page as JSON. */
import type { GpuJsMode } from '@cnn/backend-gpujs';
import type { Report } from '@cnn/backend-testkit';

/** A backend by the options that make it. */
export type Where = { readonly kind: 'cpu'; readonly threads?: number } | { readonly kind: 'gpujs'; readonly mode: GpuJsMode };

/** A task for the page, or for a worker of it. */
export type Task = { readonly where: Where; readonly inWorker?: boolean } & (
  | { readonly do: 'conformance'; readonly only?: readonly string[] }
  | { readonly do: 'time'; readonly items: readonly string[]; readonly milliseconds: number }
  | { readonly do: 'lose the context' }
  | { readonly do: 'train'; readonly steps: number; readonly batch: number }
);

/** What the conformance table said. */
export interface ConformanceResult {
  readonly report: Report;
}

/** How long the items of the bench took, in milliseconds, or why one did not run. */
export type TimingResult = Readonly<Record<string, number | string>>;

/** What an op said after the browser had taken the device away. */
export interface LossResult {
  readonly message: string;
}

/** What a training run gave. */
export interface TrainingResult {
  /** The loss of each step. */
  readonly losses: readonly number[];
  /** Tensors of the backend that were left when the run was over. */
  readonly left: number;
  /** What really computed: the mode, or the number of threads. */
  readonly ran: string;
  readonly seconds: number;
}
