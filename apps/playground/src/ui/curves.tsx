/** The learning curves, live. */
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { smoothed } from './curve.js';
import { short } from './numbers.js';
import { curve, evaluations } from './state.js';
import { isDark } from './theme.js';

type Values = (number | null)[];

interface ChartProperties {
  readonly title: string;
  /** Whether it is drawn in powers of ten. */
  readonly logarithmic?: boolean;
  /** Steps, values of training, their running mean, values on test images. */
  readonly values: readonly [Values, Values, Values, Values];
  readonly format: (value: number) => string;
}

const HEIGHT = 190;

function Chart({ title, values, format, logarithmic = false }: ChartProperties) {
  const frame = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot>();
  useEffect(() => {
    const style = getComputedStyle(document.documentElement);
    const colour = (name: string): string => style.getPropertyValue(isDark.value ? `--${name}-dark` : `--${name}-light`);
    const line = {
      stroke: colour('muted'),
      grid: { stroke: colour('line'), width: 1 },
      ticks: { stroke: colour('line'), width: 1 },
    };
    const value = (_: uPlot, x: number | null) => (x === null || x === undefined ? '–' : format(x));
    const made = new uPlot(
      {
        width: frame.current!.clientWidth,
        height: HEIGHT,
        title,
        cursor: { drag: { x: false, y: false } },
        scales: {
          x: { time: false },
          y: logarithmic ? { distr: 3 } : { range: (_, low, high) => [Math.min(low, high - 0.05), 1] },
        },
        axes: [
          { ...line, size: 30 },
          { ...line, size: 52, values: (_, ticks) => ticks.map(tick => (tick === null ? '' : format(tick))) },
        ],
        series: [
          { label: 'step' },
          { label: 'each batch', stroke: colour('faint'), width: 1, points: { show: false }, value },
          { label: 'training', stroke: colour('train'), width: 2, points: { show: false }, value },
          { label: 'test', stroke: colour('test'), width: 2, spanGaps: true, points: { show: true, size: 5 }, value },
        ],
      },
      values as unknown as uPlot.AlignedData,
      frame.current!,
    );
    chart.current = made;
    const observer = new ResizeObserver(([entry]) => made.setSize({ width: entry!.contentRect.width, height: HEIGHT }));
    observer.observe(frame.current!);
    return () => {
      observer.disconnect();
      made.destroy();
    };
  }, [isDark.value]);
  useEffect(() => chart.current!.setData(values as unknown as uPlot.AlignedData), [values]);
  return <div ref={frame} class="chart" role="img" aria-label={`${title} by training step`} />;
}

/** Puts the values on test images between those of training steps. */
function aligned(kind: 'loss' | 'accuracy'): ChartProperties['values'] {
  const { steps } = curve.value;
  const trained = new Map(steps.map((step, i) => [step, i]));
  const tested = new Map(evaluations.value.map(evaluation => [evaluation.step, evaluation[kind]]));
  const all = [...new Set([...steps, ...tested.keys()])].sort((a, b) => a - b);
  const means = smoothed(curve.value[kind]);
  const at = (values: readonly number[]) => all.map(step => (trained.has(step) ? values[trained.get(step)!]! : null));
  return [all, at(curve.value[kind]), at(means), all.map(step => tested.get(step) ?? null)];
}

export function Curves() {
  return (
    <div class="charts">
      <Chart title="Loss" logarithmic values={aligned('loss')} format={short} />
      <Chart title="Accuracy" values={aligned('accuracy')} format={value => `${Number((100 * value).toFixed(1))} %`} />
    </div>
  );
}
