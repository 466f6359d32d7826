/** Light, dark, or as the system is. */
import { effect, signal } from '@preact/signals';

export const themes = ['system', 'light', 'dark'] as const;
export type Theme = (typeof themes)[number];

const KEY = 'cnn-playground-theme';
const prefersDark = matchMedia('(prefers-color-scheme: dark)');

/** The theme that was chosen. */
export const theme = signal<Theme>(themes.find(name => name === localStorage.getItem(KEY)) ?? 'system');
/** Whether the page is dark now. */
export const isDark = signal(false);

/** Keeps the page in its theme. */
export function followTheme(): void {
  effect(() => {
    localStorage.setItem(KEY, theme.value);
    document.documentElement.style.colorScheme = theme.value === 'system' ? 'light dark' : theme.value;
    isDark.value = theme.value === 'dark' || (theme.value === 'system' && prefersDark.matches);
  });
  prefersDark.addEventListener('change', ({ matches }) => {
    if (theme.peek() === 'system') isDark.value = matches;
  });
}
