import { useEffect, useRef } from 'preact/hooks';

/** An image of the data, bytes [c, h, w]. */
export function Thumb({ pixels, shape, label }: { pixels: Uint8Array; shape: readonly [number, number, number]; label: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [channels, height, width] = shape;
  useEffect(() => {
    const image = new ImageData(width, height);
    const plane = height * width;
    for (let i = 0; i < plane; i++) {
      for (let c = 0; c < 3; c++) image.data[4 * i + c] = pixels[channels === 3 ? c * plane + i : i]!;
      image.data[4 * i + 3] = 255;
    }
    canvas.current!.getContext('2d')!.putImageData(image, 0, 0);
  }, [pixels]);
  return <canvas ref={canvas} class="thumb" width={width} height={height} role="img" aria-label={label} />;
}
