import { html, type Markup, type Part } from './markup.ts';

/** A table with its caption, one head row, and cells of text; the first cell of each row names it. */
export interface Table {
  readonly caption: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** A table that scrolls by itself where it is wider than the page. */
export function tableMarkup({ caption, head, rows }: Table): Markup {
  return html`<div class="scroll" tabindex="0"><table><caption>${caption}</caption>
<thead><tr>${head.map((cell, i) => (i === 0 ? html`<th scope="col" class="text">${cell}</th>` : html`<th scope="col">${cell}</th>`))}</tr></thead>
<tbody>${rows.map(([first = '', ...rest]) => html`<tr><th scope="row">${first}</th>${rest.map((cell) => html`<td>${cell}</td>`)}</tr>\n`)}</tbody>
</table></div>`;
}

/** A table behind a line that opens it; nothing where it has no rows. */
export function foldedTable(title: string, table: Table): Part {
  if (table.rows.length === 0) return '';
  return html`<details><summary>${title}</summary>${tableMarkup(table)}</details>`;
}
