/** Many small pictures on one canvas, whose pixels can be picked by pointer and by keyboard. */
import { signal } from '@preact/signals';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Maps } from '../protocol.js';
import { grey, signed } from './colours.js';
import { short } from './numbers.js';
import { isDark } from './theme.js';

/** A pixel of one of the pictures. */
export interface Pixel {
  readonly map: number;
  readonly y: number;
  readonly x: number;
}

/** A part of the pictures to be marked: in one of them, or in all. */
export interface Mark {
  readonly map: number | 'all';
  readonly top: number;
  readonly left: number;
  readonly bottom: number;
  readonly right: number;
}

interface Properties {
  readonly maps: Maps;
  /** `grey`: from the lowest to the highest. `signed`: blue below 0, orange above. */
  readonly colours: 'grey' | 'signed';
  /** What it is, for those who do not see it. */
  readonly label: string;
  readonly mark?: Mark | undefined;
  readonly onPick?: ((pixel: Pixel) => void) | undefined;
}

const GAP = 3;
const width = signal(0);
if (typeof document !== 'undefined') {
  const measure = (): void => {
    width.value = document.documentElement.clientWidth;
  };
  addEventListener('resize', measure);
  measure();
}

/** How large a pixel is drawn, so that small pictures are seen and large ones fit. */
function scaleOf([count, height, across]: Maps['shape'], room: number): number {
  if (height === 1 && across === 1) return 14;
  const wanted = Math.max(1, Math.floor((count > 16 ? 40 : 56) / Math.max(height, across)));
  return Math.max(1, Math.min(wanted, Math.floor(room / across)));
}

export function MapSheet({ maps, colours, label, mark, onPick }: Properties) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [cursor, setCursor] = useState<Pixel | undefined>();
  const [count, height, across] = maps.shape;
  // Read, so that it is drawn again in another width or theme.
  const page = width.value;
  const dark = isDark.value;
  const [room, setRoom] = useState(240);
  useEffect(() => setRoom(canvas.current!.parentElement!.clientWidth || 240), [page]);
  const scale = scaleOf(maps.shape, room);
  const [tileWidth, tileHeight] = [across * scale + GAP, height * scale + GAP];
  const fit = Math.max(1, Math.floor((room + GAP) / tileWidth));
  const columns = Math.min(count, maps.rows && maps.rows.pictures <= fit ? maps.rows.pictures : fit);
  const rows = Math.ceil(count / columns);
  const size = { width: columns * tileWidth - GAP, height: rows * tileHeight - GAP };

  useEffect(() => {
    const context = canvas.current!.getContext('2d')!;
    const dense = Math.min(2, devicePixelRatio || 1);
    canvas.current!.width = size.width * dense;
    canvas.current!.height = size.height * dense;
    context.imageSmoothingEnabled = false;
    context.scale(dense, dense);
    const tile = new OffscreenCanvas(across, height);
    const tileContext = tile.getContext('2d')!;
    const { lowest, highest } = maps.statistics;
    const bound = Math.max(-lowest, highest);
    const place = (map: number) => [(map % columns) * tileWidth, Math.floor(map / columns) * tileHeight] as const;
    for (let map = 0; map < count; map++) {
      const image = new ImageData(across, height);
      for (let i = 0; i < height * across; i++) {
        const x = maps.values[map * height * across + i]!;
        image.data.set(colours === 'grey' ? grey(x, lowest, highest) : signed(x, bound, dark), 4 * i);
        image.data[4 * i + 3] = 255;
      }
      tileContext.putImageData(image, 0, 0);
      context.drawImage(tile, ...place(map), across * scale, height * scale);
    }
    const frame = (map: number, top: number, left: number, bottom: number, right: number, colour: string): void => {
      const [x, y] = place(map);
      context.strokeStyle = colour;
      context.lineWidth = 2;
      context.strokeRect(x + left * scale, y + top * scale, (right - left + 1) * scale, (bottom - top + 1) * scale);
    };
    if (mark) {
      for (let map = 0; map < count; map++)
        if (mark.map === 'all' || mark.map === map) frame(map, mark.top, mark.left, mark.bottom, mark.right, '#e0218a');
    }
    if (cursor) frame(cursor.map, cursor.y, cursor.x, cursor.y, cursor.x, '#10a37f');
  }, [maps, colours, dark, scale, columns, mark, cursor]);

  const pixelAt = (event: MouseEvent): Pixel | undefined => {
    const box = canvas.current!.getBoundingClientRect();
    const [left, top] = [
      ((event.clientX - box.left) * size.width) / box.width,
      ((event.clientY - box.top) * size.height) / box.height,
    ];
    const map = Math.floor(top / tileHeight) * columns + Math.floor(left / tileWidth);
    const pixel = { map, y: Math.floor((top % tileHeight) / scale), x: Math.floor((left % tileWidth) / scale) };
    return map < count && pixel.y < height && pixel.x < across ? pixel : undefined;
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const { map, y, x } = cursor ?? { map: 0, y: 0, x: 0 };
    if (event.key === 'Enter' || event.key === ' ') onPick!({ map, y, x });
    else {
      const moves: Record<string, readonly [number, number]> = {
        ArrowUp: [-1, 0],
        ArrowDown: [1, 0],
        ArrowLeft: [0, -1],
        ArrowRight: [0, 1],
      };
      const move = moves[event.key];
      if (!move) return;
      setCursor(moved({ map, y, x }, move, maps.shape, columns));
    }
    event.preventDefault();
  };
  const shown =
    cursor &&
    `${cursor.map}, ${cursor.y}, ${cursor.x}: ${short(maps.values[(cursor.map * height + cursor.y) * across + cursor.x]!)}`;
  return (
    <canvas
      ref={canvas}
      class={onPick ? 'sheet pickable' : 'sheet'}
      style={{ width: `${size.width}px`, height: `${size.height}px` }}
      role={onPick ? 'button' : 'img'}
      aria-label={cursor ? `${label}; ${shown}` : label}
      title={onPick && 'Pick a number: click, or move with the arrow keys and press Enter'}
      {...(onPick && {
        tabIndex: 0,
        onKeyDown,
        onBlur: () => setCursor(undefined),
        onClick: (event: MouseEvent) => {
          const pixel = pixelAt(event);
          if (pixel) onPick(pixel);
        },
      })}
    />
  );
}

/** The pixel beside another, in the next picture where this one ends. */
function moved(
  { map, y, x }: Pixel,
  [down, right]: readonly [number, number],
  [count, height, across]: Maps['shape'],
  columns: number,
): Pixel {
  const next = { map, y: y + down, x: x + right };
  if (next.x < 0 || next.x >= across) {
    next.map += right;
    next.x = right > 0 ? 0 : across - 1;
  }
  if (next.y < 0 || next.y >= height) {
    next.map += down * columns;
    next.y = down > 0 ? 0 : height - 1;
  }
  return next.map < 0 || next.map >= count ? { map, y, x } : next;
}
