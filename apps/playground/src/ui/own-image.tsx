/** An image of one's own: drawn here, or a picture file. It is classified as it is drawn. */
import { useEffect, useRef } from 'preact/hooks';
import { useOwnImage } from './actions.js';
import { fitDrawing } from './drawing.js';
import { Probabilities } from './probabilities.js';
import { data, ownImage, ownProbabilities } from './state.js';
import { Thumb } from './thumb.js';

const SIDE = 196;
const PEN = 15;
/** How far a press of an arrow key moves the pen. */
const KEY_MOVE = 7;

export function OwnImage() {
  const info = data.value;
  if (!info) return null;
  const isGrey = info.shape[0] === 1;
  return (
    <section aria-labelledby="own-image">
      <h2 id="own-image">{isGrey ? 'Draw one' : 'Your picture'}</h2>
      <div class="own-image">
        <div>
          {isGrey && <Drawing key={info.name} />}
          <div class="buttons">
            <label class="button">
              Open a picture
              <input type="file" accept="image/*" class="hidden" onChange={openPicture} />
            </label>
          </div>
        </div>
        <div class="says">
          {ownImage.value ? (
            <>
              <figure class="seen">
                <Thumb pixels={ownImage.value} shape={info.shape} label="The image as the network sees it" />
                <figcaption>as the network sees it</figcaption>
              </figure>
              <Probabilities values={ownProbabilities.value} most={5} />
            </>
          ) : (
            <p class="note">
              {isGrey
                ? 'Draw with the pointer, or move with the arrow keys and put the pen down with the space bar. The network says what it sees while you draw.'
                : 'The network says what it sees in a picture of yours.'}
            </p>
          )}
        </div>
      </div>
    </section>
  );
}

/** Scales a picture until it covers the data's shape. */
async function openPicture({ currentTarget }: { currentTarget: HTMLInputElement }): Promise<void> {
  const [file] = currentTarget.files ?? [];
  currentTarget.value = '';
  if (!file) return;
  const [channels, height, width] = data.value!.shape;
  const picture = await createImageBitmap(file).catch(() => undefined);
  if (!picture) return useOwnImage(undefined);
  const context = new OffscreenCanvas(width, height).getContext('2d')!;
  const scale = Math.max(width / picture.width, height / picture.height);
  const [across, down] = [picture.width * scale, picture.height * scale];
  context.imageSmoothingQuality = 'high';
  context.drawImage(picture, (width - across) / 2, (height - down) / 2, across, down);
  const rgba = context.getImageData(0, 0, width, height).data;
  const plane = height * width;
  const pixels = new Uint8Array(channels * plane);
  for (let i = 0; i < plane; i++) {
    const [red, green, blue] = [rgba[4 * i]!, rgba[4 * i + 1]!, rgba[4 * i + 2]!];
    if (channels === 3) [pixels[i], pixels[plane + i], pixels[2 * plane + i]] = [red, green, blue];
    else pixels[i] = 0.299 * red + 0.587 * green + 0.114 * blue;
  }
  await useOwnImage(pixels);
}

function Drawing() {
  const canvas = useRef<HTMLCanvasElement>(null);
  const pen = useRef({ x: SIDE / 2, y: SIDE / 2, isDown: false });
  const context = (): CanvasRenderingContext2D => canvas.current!.getContext('2d', { willReadFrequently: true })!;
  const clear = (): void => {
    context().fillRect(0, 0, SIDE, SIDE);
    pen.current.isDown = false;
    void useOwnImage(undefined);
  };
  useEffect(() => context().fillRect(0, 0, SIDE, SIDE), []);
  const lineTo = (x: number, y: number): void => {
    const { current } = pen;
    if (current.isDown) {
      const to = context();
      Object.assign(to, { lineWidth: PEN, lineCap: 'round', strokeStyle: '#fff' });
      to.beginPath();
      to.moveTo(current.x, current.y);
      to.lineTo(x, y);
      to.stroke();
      const rgba = to.getImageData(0, 0, SIDE, SIDE).data;
      const ink = Float32Array.from({ length: SIDE * SIDE }, (_, i) => rgba[4 * i]! / 255);
      void useOwnImage(fitDrawing(ink, SIDE, data.value!.shape));
    }
    Object.assign(current, { x, y });
  };
  const toPointer = (event: PointerEvent): void => {
    const box = canvas.current!.getBoundingClientRect();
    lineTo(((event.clientX - box.left) * SIDE) / box.width, ((event.clientY - box.top) * SIDE) / box.height);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const { current } = pen;
    const moves: Record<string, readonly [number, number]> = {
      ArrowUp: [0, -1],
      ArrowDown: [0, 1],
      ArrowLeft: [-1, 0],
      ArrowRight: [1, 0],
    };
    const move = moves[event.key];
    if (event.key === ' ') {
      current.isDown = !current.isDown;
      lineTo(current.x, current.y);
    } else if (move) lineTo(current.x + KEY_MOVE * move[0], current.y + KEY_MOVE * move[1]);
    else return;
    event.preventDefault();
  };
  return (
    <>
      <canvas
        ref={canvas}
        class="drawing"
        width={SIDE}
        height={SIDE}
        tabIndex={0}
        role="img"
        aria-label="A place to draw: arrow keys move the pen, the space bar puts it down or lifts it"
        onPointerDown={event => {
          canvas.current!.setPointerCapture(event.pointerId);
          toPointer(event);
          pen.current.isDown = true;
          toPointer(event);
        }}
        onPointerMove={event => event.buttons > 0 && toPointer(event)}
        onPointerUp={() => {
          pen.current.isDown = false;
        }}
        onKeyDown={onKeyDown}
      />
      <div class="buttons">
        <button type="button" onClick={clear}>
          Clear
        </button>
      </div>
    </>
  );
}
