/** `npm run screenshots -w apps/playground`: trains in the page and writes docs/figures/playground-*.png. */
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { startHeadless } from './page.js';

const to = (name: string): string => fileURLToPath(new URL(`../../../docs/figures/playground-${name}.png`, import.meta.url));

const headless = await startHeadless();
try {
  const light = await headless.open({ viewport: { width: 1240, height: 740 }, colorScheme: 'light' });
  await train(light, 97);
  await draw(light);
  await light.evaluate(() => globalThis.scrollTo(0, 0));
  await light.screenshot({ path: to('light') });
  await light.getByRole('button', { name: 'Confusion' }).click();
  await goTo(light, '#test-images');
  await light.screenshot({ path: to('network') });

  const dark = await headless.open({ viewport: { width: 1160, height: 570 }, colorScheme: 'dark' });
  await train(dark, 95);
  await dark
    .locator('[data-layer="conv2"] canvas')
    .first()
    .click({ position: { x: 20, y: 20 } });
  await dark.locator('.glass-box').waitFor();
  await goTo(dark, '#layers');
  await dark.screenshot({ path: to('dark') });

  const phone = await headless.open({ viewport: { width: 360, height: 740 }, colorScheme: 'light', hasTouch: true });
  await train(phone, 95);
  await draw(phone);
  await phone.evaluate(() => globalThis.scrollTo(0, 0));
  await phone.screenshot({ path: to('phone') });
} finally {
  await headless.close();
}

/** Brings a heading below the bar that stays. */
async function goTo(page: Page, heading: string): Promise<void> {
  await page.locator(heading).evaluate(element => globalThis.scrollTo(0, element.getBoundingClientRect().top + scrollY - 90));
  await page.waitForTimeout(500);
}

async function train(page: Page, percent: number): Promise<void> {
  await page.getByRole('button', { name: 'Train', exact: true }).click();
  await page.waitForFunction(
    least => Number.parseFloat(document.querySelector('[data-figure="Test accuracy"] dd')?.textContent ?? '') >= least,
    percent,
    { timeout: 240_000 },
  );
  await page.getByRole('button', { name: 'Pause' }).click();
}

/** Draws a 3. */
async function draw(page: Page): Promise<void> {
  const canvas = page.locator('.drawing');
  await canvas.scrollIntoViewIfNeeded();
  const box = (await canvas.boundingBox())!;
  const points = [
    [0.32, 0.25],
    [0.5, 0.16],
    [0.67, 0.27],
    [0.62, 0.42],
    [0.47, 0.48],
    [0.66, 0.56],
    [0.7, 0.72],
    [0.52, 0.84],
    [0.31, 0.75],
  ] as const;
  await page.mouse.move(box.x + points[0][0] * box.width, box.y + points[0][1] * box.height);
  await page.mouse.down();
  for (const [x, y] of points) await page.mouse.move(box.x + x * box.width, box.y + y * box.height, { steps: 4 });
  await page.mouse.up();
  await page.waitForTimeout(500);
}
