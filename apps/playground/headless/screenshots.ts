/** `npm run screenshots -w apps/playground`: trains in the page and writes docs/figures/playground-*.png. */
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { startHeadless } from './page.js';

const to = (name: string): string => fileURLToPath(new URL(`../../../docs/figures/playground-${name}.png`, import.meta.url));

const headless = await startHeadless();
try {
  const desk = { viewport: { width: 1280, height: 860 } };
  const light = await headless.open({ ...desk, colorScheme: 'light' });
  await train(light, 97);
  await draw(light);
  await light.evaluate(() => scrollTo(0, 0));
  await light.screenshot({ path: to('light') });
  await light.locator('#test-images').scrollIntoViewIfNeeded();
  await light.locator('section', { has: light.locator('#network') }).screenshot({ path: to('network') });

  const dark = await headless.open({ ...desk, colorScheme: 'dark' });
  await train(dark, 95);
  await dark
    .locator('[data-layer="conv2"] canvas')
    .first()
    .click({ position: { x: 20, y: 20 } });
  await dark.locator('.glass-box').waitFor();
  await dark.locator('#layers').evaluate(heading => scrollTo(0, heading.getBoundingClientRect().top + scrollY - 90));
  await dark.waitForTimeout(500);
  await dark.screenshot({ path: to('dark') });

  const phone = await headless.open({ viewport: { width: 360, height: 740 }, colorScheme: 'light', hasTouch: true });
  await train(phone, 95);
  await draw(phone);
  await phone.evaluate(() => scrollTo(0, 0));
  await phone.screenshot({ path: to('phone') });
} finally {
  await headless.close();
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
