/** The comparison of API reports, on reports written by hand. */
import { describe, expect, test } from 'vitest';
import { apiChanges, isAnnounced } from '../api-changes.mjs';

const report = (...blocks: string[]): string => `## Report\n\n\`\`\`ts\n\n${blocks.join('\n\n')}\n\n\`\`\`\n`;
const options = (...members: string[]): string =>
  `export interface FitOptions {\n${members.map(member => `    ${member}\n`).join('')}}`;

describe('changes', () => {
  test('none', () => {
    const same = report("import { Tensor } from '@cnn/tensor';", 'export function fit(): void;');
    expect(apiChanges(same, same)).toEqual([]);
    expect(apiChanges(same, report('export function fit(): void;'))).toEqual([]);
  });

  test('a name that is new, gone, or another', () => {
    const before = report('export function fit(): void;', 'export const gone: number;');
    const after = report('export function fit(epochs: number): void;', 'type Fresh = string;');
    expect(apiChanges(before, after)).toEqual([
      { name: 'fit', kind: 'changed' },
      { name: 'gone', kind: 'removed' },
      { name: 'Fresh', kind: 'added' },
    ]);
  });

  test('the first report of a package', () => {
    expect(apiChanges('', report('export class Net {\n}'))).toEqual([{ name: 'Net', kind: 'added' }]);
  });

  test('a member that may be left out breaks nobody; one that must be given does, and so does one that is gone', () => {
    const before = report(options('readonly net: Net;'));
    const optional = report(options('readonly net: Net;', 'readonly seed?: number;'));
    expect(apiChanges(before, optional)).toEqual([{ name: 'FitOptions', kind: 'added' }]);
    expect(apiChanges(before, report(options('readonly net: Net;', 'readonly seed: number;')))).toEqual([
      { name: 'FitOptions', kind: 'changed' },
    ]);
    expect(apiChanges(optional, before)).toEqual([{ name: 'FitOptions', kind: 'changed' }]);
  });

  test('an overload less, and an export under another name', () => {
    const before = report(
      'export function load(a: string): Net;',
      'export function load(a: URL): Net;',
      'export { apply_2 as apply }',
    );
    expect(apiChanges(before, report('export function load(a: string): Net;', 'export { apply_2 as apply }'))).toEqual([
      { name: 'load', kind: 'changed' },
    ]);
    expect(apiChanges(before, report('export function load(a: string): Net;', 'export function load(a: URL): Net;'))).toEqual([
      { name: 'apply', kind: 'removed' },
    ]);
  });
});

describe('announcements', () => {
  const changeset =
    "---\n'@cnn/train': patch\n---\n\n`fit` takes `FitOptions.seed`; fitted curves are smooth, as `evaluations` are.\n";

  test('a changeset of the package names what was changed', () => {
    expect(isAnnounced({ name: 'fit', kind: 'changed' }, '@cnn/train', [changeset])).toBe(true);
    expect(isAnnounced({ name: 'FitOptions', kind: 'removed' }, '@cnn/train', [changeset])).toBe(true);
  });

  test('another name, a word outside of code marks, and another package do not count', () => {
    expect(isAnnounced({ name: 'evaluate', kind: 'changed' }, '@cnn/train', [changeset])).toBe(false);
    expect(isAnnounced({ name: 'curves', kind: 'changed' }, '@cnn/train', [changeset])).toBe(false);
    expect(isAnnounced({ name: 'fit', kind: 'changed' }, '@cnn/optim', [changeset])).toBe(false);
  });

  test('for what is new, any changeset of the package will do', () => {
    expect(isAnnounced({ name: 'evaluate', kind: 'added' }, '@cnn/train', [changeset])).toBe(true);
    expect(isAnnounced({ name: 'evaluate', kind: 'added' }, '@cnn/train', [])).toBe(false);
  });
});
