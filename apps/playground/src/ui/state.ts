/** What the page shows. Signals: what reads one is drawn again when it changes. */
import { computed, signal } from '@preact/signals';
import {
  type Abilities,
  type BackendInfo,
  type DataInfo,
  type Evaluation,
  firstSettings,
  type GlassBox,
  type Inspection,
  type NetworkInfo,
  type Prediction,
  type Problem,
  type Progress,
} from '../protocol.js';
import { emptyCurve } from './curve.js';

/** What the browser can do; undefined until the engine runs. */
export const abilities = signal<Abilities | undefined>(undefined);
export const backend = signal<BackendInfo>({ choice: { kind: 'cpu', threads: 1 }, name: 'CPU, WebAssembly, 1 thread' });
export const data = signal<DataInfo | undefined>(undefined);

/** The network's text as it stands in the editor. */
export const draft = signal('');
/** The text of the network in use. */
export const builtText = signal('');
/** The network in use. */
export const network = signal<NetworkInfo | undefined>(undefined);
/** What the text in the editor would be, or what is wrong with it. */
export const draftNetwork = signal<NetworkInfo | undefined>(undefined);
export const draftProblem = signal<Problem | undefined>(undefined);

export const settings = signal(firstSettings);
export const settingsProblem = signal('');
export const running = signal(false);
export const progress = signal<Progress | undefined>(undefined);
export const curve = signal(emptyCurve);
/** Evaluations, the latest last. */
export const evaluations = signal<readonly Evaluation[]>([]);
export const evaluation = computed(() => evaluations.value.at(-1));

/** The test image that is sent through the network. */
export const imageIndex = signal(0);
export const inspection = signal<Inspection | undefined>(undefined);

/** The number that is taken apart: a layer, and an index into its output. */
export interface Unit {
  readonly layer: number;
  readonly unit: number;
}
export const picked = signal<Unit | undefined>(undefined);
export const glassBox = signal<GlassBox | undefined>(undefined);

/** A weight that was picked to be changed. */
export interface PickedWeight {
  readonly variable: string;
  readonly index: number;
  readonly value: number;
}
export const pickedWeight = signal<PickedWeight | undefined>(undefined);

export const predictions = signal<readonly Prediction[]>([]);
/** Of which test image the first prediction is. */
export const firstPrediction = signal(0);

/** The image that was drawn or opened, bytes [c, h, w]. */
export const ownImage = signal<Uint8Array | undefined>(undefined);
export const ownProbabilities = signal<readonly number[]>([]);

/** What went wrong or was done, in words. */
export const notice = signal<{ readonly kind: 'problem' | 'done'; readonly text: string } | undefined>(undefined);
/** What takes its time, in words. */
export const busy = signal('');
