/** What can be done on the page. */
import { batch } from '@preact/signals';
import type { BackendChoice, DroppedFile, EngineEvent, PresetName, TrainingSettings } from '../protocol.js';
import { fromFragment, toFragment } from '../share.js';
import { emptyCurve, extended } from './curve.js';
import { type EngineClient, EngineError, startEngine } from './engine-client.js';
import * as state from './state.js';

/** Test images on a page of predictions. */
export const PREDICTIONS = 24;
/** Pictures are renewed at most so often while training runs, in milliseconds, and take at most a fifth of the time. */
const RENEW_EVERY = 250;

let engine: EngineClient;

// ---- beginning

/** Starts the engine with the network of the page's link, or with LeNet-5, on the generated digits. */
export async function begin(): Promise<void> {
  await report(async () => {
    engine = await startEngine(onEvent);
    state.abilities.value = engine.abilities;
    state.data.value = await engine.ask('openDigits');
    await openLink();
    if (!state.network.value) await usePreset('lenet5');
  });
}

/** Opens the network in the page's link, if one is in it and fits the data. */
export async function openLink(): Promise<void> {
  await report(async () => {
    const shared = await fromFragment(location.hash);
    if (!shared) return;
    await configure(shared.settings);
    state.draft.value = shared.network;
    try {
      await build();
    } catch (error) {
      const { name } = state.data.value!;
      if (shared.data === name || !(error instanceof EngineError)) throw error;
      throw new Error(
        `the link's network was made for ${shared.data}: open that data, then press Build. With ${name}, ${error.message}`,
      );
    }
  });
}

/** Runs something and says what went wrong. */
async function report(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    state.notice.value = { kind: 'problem', text: (error as Error).message };
  }
}

/** Says that something takes its time. */
async function busyWith<T>(what: string, work: () => Promise<T>): Promise<T> {
  state.busy.value = what;
  try {
    return await work();
  } finally {
    state.busy.value = '';
  }
}

function onEvent(event: EngineEvent): void {
  switch (event.type) {
    case 'progress':
      batch(() => {
        state.progress.value = event.progress;
        state.curve.value = extended(state.curve.value, event.progress.points);
      });
      renew();
      break;
    case 'evaluation':
      state.evaluations.value = [...state.evaluations.value, event.evaluation];
      break;
    case 'running':
      state.running.value = event.running;
      if (!event.running) renew();
      break;
    case 'fault':
      state.notice.value = { kind: 'problem', text: `training stopped: ${event.message}` };
  }
}

// ---- data and network

/** Opens files that were dropped or chosen. */
export const openFiles = (files: readonly DroppedFile[]): Promise<void> =>
  report(() =>
    busyWith('reading the files', async () => {
      if (files.length > 0) await useData(await engine.ask('openFiles', files));
    }),
  );

/** Goes back to the generated digits. */
export const openDigits = (): Promise<void> => report(async () => useData(await engine.ask('openDigits')));

async function useData(info: NonNullable<(typeof state.data)['value']>): Promise<void> {
  batch(() => {
    state.data.value = info;
    state.imageIndex.value = 0;
    state.firstPrediction.value = 0;
    state.ownImage.value = undefined;
    state.ownProbabilities.value = [];
    state.network.value = undefined;
    state.inspection.value = undefined;
  });
  try {
    await build();
  } catch {
    // The network in use does not fit these images: a usual one for them.
    await usePreset(info.shape[0] === 3 ? 'convnetjs' : 'small');
  }
}

/** Builds a usual network. */
export const usePreset = (name: PresetName): Promise<void> =>
  report(async () => {
    state.draft.value = await engine.ask('preset', name);
    await build();
  });

let checks = 0;

/** Takes a new text into the editor and finds out what it would be. */
export async function edit(text: string): Promise<void> {
  state.draft.value = text;
  const check = ++checks;
  try {
    const network = await engine.ask('check', text);
    if (check === checks) accept(network);
  } catch (error) {
    if (check === checks) refuse(error);
  }
}

function accept(network: (typeof state.draftNetwork)['value']): void {
  batch(() => {
    state.draftNetwork.value = network;
    state.draftProblem.value = undefined;
  });
}

function refuse(error: unknown): void {
  const { message, line } = error as EngineError;
  batch(() => {
    state.draftNetwork.value = undefined;
    state.draftProblem.value = { message, ...(line !== undefined && { line }) };
  });
}

/** Builds the network in the editor, with fresh weights. What is wrong with it is shown at its line, too. */
export async function build(): Promise<void> {
  const text = state.draft.value;
  try {
    const network = await engine.ask('build', text, Math.floor(Math.random() * 2 ** 31));
    accept(network);
    started(network, text);
  } catch (error) {
    refuse(error);
    throw error;
  }
}

/** Builds the network in the editor. */
export const buildDraft = (): Promise<void> => report(build);

/** Begins again with fresh weights. */
export const startOver = (): Promise<void> =>
  report(async () => {
    state.draft.value = state.builtText.value;
    await build();
  });

function started(network: NonNullable<(typeof state.network)['value']>, text: string): void {
  batch(() => {
    state.network.value = network;
    state.builtText.value = text;
    state.progress.value = undefined;
    state.curve.value = emptyCurve;
    state.evaluations.value = [];
    state.picked.value = undefined;
    state.glassBox.value = undefined;
    state.pickedWeight.value = undefined;
    state.notice.value = undefined;
  });
  renew();
}

// ---- training

/** Starts or pauses training. */
export const toggleTraining = (): Promise<void> => report(() => engine.ask(state.running.value ? 'pause' : 'start'));

/** One step. */
export const trainStep = (): Promise<void> => report(() => engine.ask('step'));

/** Evaluates on the test images now. */
export const evaluateNow = (): Promise<void> =>
  report(async () => {
    const evaluation = await engine.ask('evaluate');
    state.evaluations.value = [...state.evaluations.value, evaluation];
  });

/** Changes how training goes on. */
export async function configure(settings: TrainingSettings): Promise<void> {
  state.settings.value = settings;
  try {
    await engine.ask('configure', settings);
    state.settingsProblem.value = '';
  } catch (error) {
    state.settingsProblem.value = (error as Error).message;
  }
}

/** Computes elsewhere from now on. */
export const useBackend = (choice: BackendChoice): Promise<void> =>
  report(() =>
    busyWith(
      choice.kind === 'gpujs' ? 'starting the GPU; its kernels are compiled at first use' : 'starting threads',
      async () => {
        state.backend.value = await engine.ask('useBackend', choice);
        renew();
      },
    ),
  );

// ---- looking inside

let renewing = false;
let stale = false;
let renewAt = 0;

/** Asks for the pictures that are on the page; one set at a time, and none while nobody looks. */
export function renew(): void {
  stale = true;
  if (renewing || document.hidden) return;
  const wait = state.running.value ? renewAt - performance.now() : 0;
  renewing = true;
  setTimeout(
    async () => {
      stale = false;
      const started = performance.now();
      await report(askForPictures);
      renewAt = performance.now() + Math.max(RENEW_EVERY, 4 * (performance.now() - started));
      renewing = false;
      if (stale) renew();
    },
    Math.max(0, wait),
  );
}

async function askForPictures(): Promise<void> {
  if (!state.network.value) return;
  const picked = state.picked.value;
  const [inspection, predictions, glassBox] = await Promise.all([
    engine.ask('inspect', state.imageIndex.value),
    engine.ask('predictions', state.firstPrediction.value, PREDICTIONS),
    picked && engine.ask('glassBox', state.imageIndex.value, picked.layer, picked.unit),
    state.ownImage.value && classifyOwn(),
  ]);
  batch(() => {
    state.inspection.value = inspection;
    state.predictions.value = predictions;
    if (picked === state.picked.value) state.glassBox.value = glassBox;
  });
}

/** Sends another test image through the network. */
export function lookAtImage(index: number): void {
  const { test } = state.data.value!;
  state.imageIndex.value = ((index % test) + test) % test;
  renew();
}

/** Shows further test images with predictions. */
export function showPredictions(from: number): void {
  state.firstPrediction.value = Math.max(0, Math.min(from, state.data.value!.test - 1));
  renew();
}

/** Takes a number of a layer's output apart. */
export function pick(unit: state.Unit | undefined): void {
  state.picked.value = unit;
  if (!unit) state.glassBox.value = undefined;
  renew();
}

/** Shows a weight, to be changed. */
export const pickWeight = (variable: string, index: number): Promise<void> =>
  report(async () => {
    state.pickedWeight.value = { variable, index, value: await engine.ask('weightAt', variable, index) };
  });

/** Changes the weight that was picked. */
export const setWeight = (value: number): Promise<void> =>
  report(async () => {
    const { variable, index } = state.pickedWeight.value!;
    await engine.ask('setWeight', variable, index, value);
    await pickWeight(variable, index);
    renew();
  });

/** Classifies an image of the user's own: bytes [c, h, w], or none. */
export const useOwnImage = (pixels: Uint8Array | undefined): Promise<void> =>
  report(async () => {
    state.ownImage.value = pixels;
    if (pixels) await classifyOwn();
    else state.ownProbabilities.value = [];
  });

async function classifyOwn(): Promise<void> {
  const pixels = state.ownImage.value!;
  const probabilities = await engine.ask('classify', pixels);
  if (state.ownImage.value === pixels) state.ownProbabilities.value = probabilities;
}

// ---- keeping

/** The network with its weights, as the bytes of a file. */
export const exportNet = () => engine.ask('exportNet');

/** Takes the network and the weights of a file. */
export const importNet = (bytes: Uint8Array, source: string): Promise<void> =>
  report(async () => {
    const text = await engine.ask('importNet', bytes, source);
    state.draft.value = text;
    const network = await engine.ask('check', text);
    accept(network);
    started(network, text);
    await evaluateNow();
    state.notice.value = { kind: 'done', text: `loaded ${source}` };
  });

/** A link to this page with this network and these settings. */
export async function shareLink(): Promise<string> {
  const fragment = await toFragment({
    network: state.builtText.value,
    settings: state.settings.value,
    data: state.data.value!.name,
  });
  return location.href.split('#')[0] + fragment;
}
