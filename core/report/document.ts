import { html, Markup, type Part } from './markup.ts';
import { type Plot, plotMarkup } from './plot.ts';
import { STYLE } from './style.ts';
import { foldedTable, type Table } from './table.ts';

/** A report as one HTML file that needs nothing else: style and charts are in it, and it asks for nothing from anywhere. */
export function documentText(title: string, body: Part): string {
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8" />
<meta name="viewport" content="width=device-width, initial-scale=1" />
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'" />
<title>${title}</title>
<style>${new Markup(STYLE)}</style>
</head>
<body>
<main>
<h1>${title}</h1>
${body}
</main>
</body>
</html>
`;
  return page.text;
}

/** A chart with its title and caption, and the table of its figures behind a line that opens it; nothing where there is no chart. */
export function figureMarkup(plot: Plot | null, caption: string, table?: Table): Part {
  if (plot === null) return '';
  return html`<figure><h3>${plot.title}</h3>
${plotMarkup(plot)}
<figcaption>${caption}</figcaption>
${table === undefined ? '' : foldedTable('Figures', table)}
</figure>
`;
}
