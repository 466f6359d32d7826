/** Markup that is safe to put into a page as it stands. Made by {@link html}; `new Html` is for text that is known to be markup. */
export class Html {
  constructor(readonly text: string) {}
}

/** What {@link html} takes between its parts. */
export type HtmlValue = Html | string | number | undefined | readonly HtmlValue[];

/** A template tag: every value is escaped, except markup made by this tag. Lists are joined, undefined is nothing. */
export const html = (parts: TemplateStringsArray, ...values: readonly HtmlValue[]): Html =>
  new Html(String.raw({ raw: parts }, ...values.map(markup)));

/** JSON for a `<script type="application/json">`: no text in it can end the element. */
export const scriptJson = (value: unknown): Html => new Html(JSON.stringify(value).replaceAll('<', '\\u003c'));

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

function markup(value: HtmlValue): string {
  if (value instanceof Html) return value.text;
  if (typeof value === 'string' || typeof value === 'number') {
    return String(value).replace(/[&<>"']/g, character => ENTITIES[character]!);
  }
  return value?.map(markup).join('') ?? '';
}
