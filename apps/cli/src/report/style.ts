/** The page's style: light or dark as the reader's system is, and one column on a phone. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --paper: #fcfcfb; --card: #fff; --ink: #1d2430; --muted: #5a6473; --line: #dfe2e7;
  --train: #2a6fb8; --test: #c2570c; --right: #1f62a8; --wrong: #e0701a;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14171c; --card: #1c2027; --ink: #e7eaee; --muted: #9ba5b3; --line: #333a45;
    --train: #6cb0f5; --test: #f59b4c; --right: #2f6fb2; --wrong: #b75a16;
  }
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem 1rem 4rem; max-width: 64rem; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif; }
h1 { margin: 0 0 1rem; font-size: 1.7rem; line-height: 1.2; overflow-wrap: anywhere; }
h2 { margin: 2.5rem 0 .75rem; font-size: 1.2rem; }
.note { margin: 0 0 .75rem; color: var(--muted); font-size: .9rem; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
.wide { overflow-x: auto; }
.figures { display: grid; grid-template-columns: repeat(auto-fill, minmax(10rem, 1fr)); gap: .75rem; margin: 0; }
.figures div { padding: .6rem .8rem; background: var(--card); border: 1px solid var(--line); border-radius: .5rem; }
.figures dt { color: var(--muted); font-size: .8rem; }
.figures dd { margin: 0; font-size: 1.25rem; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.figures .text { font-size: .95rem; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(20rem, 100%), 1fr)); gap: 1rem; }
.charts > div { min-width: 0; }
.u-title { font-size: 1rem; font-weight: 600; }
.u-legend { color: var(--muted); font-size: .85rem; }
.wide table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; }
.wide th, .wide td { padding: .25rem .6rem; text-align: right; border-bottom: 1px solid var(--line); }
.wide thead th { color: var(--muted); font-weight: 600; }
details { margin-top: .75rem; }
summary { cursor: pointer; color: var(--muted); }
.wide .confusion { border-collapse: separate; border-spacing: 2px; }
.wide .confusion th, .wide .confusion td { border: 0; min-width: 2.6rem; padding: .3rem .35rem; text-align: center; }
.wide .confusion th[scope=row] { position: sticky; left: 0; background: var(--paper); text-align: right; white-space: nowrap; }
.confusion .right { background: color-mix(in srgb, var(--right) calc(var(--shade) * 100%), var(--card)); }
.confusion .wrong { background: color-mix(in srgb, var(--wrong) calc(var(--shade) * 100%), var(--card)); }
.confusion .right.strong { color: #fff; }
.confusion .zero, .confusion .recall { color: var(--muted); }
.pictures { display: grid; grid-template-columns: repeat(auto-fill, minmax(6.5rem, 1fr)); gap: 1rem .75rem; }
.pictures.filters { grid-template-columns: repeat(auto-fill, minmax(4rem, 1fr)); }
figure { margin: 0; min-width: 0; }
figure img { display: block; width: 100%; height: auto; image-rendering: pixelated; border: 1px solid var(--line); border-radius: .25rem; }
figcaption { margin-top: .25rem; color: var(--muted); font-size: .8rem; line-height: 1.3; overflow-wrap: anywhere; }
figcaption b { color: var(--ink); }
pre { margin: 0; padding: .8rem; overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: .5rem; font-size: .85rem; }
`;
