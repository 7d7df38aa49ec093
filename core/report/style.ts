/** Style of a report: one column, readable in light and dark, nothing fetched. */
export const STYLE = `
:root { color-scheme: light dark; --page: #fcfcfb; --ink: #1a1a19; --soft: #5f5e5a; --rule: #dddcd6; --note: #f3f1e7;
  --fraud: #c8501d; --legit: #2a6fbf; --caught: #187a50; --other: #6f6e69;
  --s1: #2a6fbf; --s2: #c8501d; --s3: #187a50; --s4: #8a5fc2; --s5: #9a6b00; --s6: #b83a72; }
@media (prefers-color-scheme: dark) { :root { --page: #191918; --ink: #f0efea; --soft: #b0aea5; --rule: #3a3a37; --note: #2a2924;
  --fraud: #f08a55; --legit: #6ba8ee; --caught: #4cbf8a; --other: #98968d;
  --s1: #6ba8ee; --s2: #f08a55; --s3: #4cbf8a; --s4: #b896ea; --s5: #d9a93f; --s6: #ec7fae; } }
body { margin: 0 auto; padding: 2rem 1rem 4rem; max-width: 68rem; background: var(--page); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.6rem; margin: 0 0 0.5rem; } h2 { font-size: 1.2rem; margin: 2.5rem 0 0.75rem; }
p { margin: 0.5rem 0; max-width: 46rem; } .soft, figcaption { color: var(--soft); font-size: 0.9rem; }
.notes { background: var(--note); border-radius: 6px; padding: 0.75rem 1rem 0.75rem 2rem; margin: 1rem 0; } .notes li { margin: 0.2rem 0; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(26rem, 100%), 1fr)); gap: 2rem; }
figure { margin: 0; max-width: 40rem; min-width: 0; } figure h3 { font-size: 1rem; margin: 0 0 0.5rem; } svg { width: 100%; height: auto; display: block; }
.scroll { overflow-x: auto; margin: 1.25rem 0; } table { border-collapse: collapse; font-size: 0.9rem; font-variant-numeric: tabular-nums; }
th, td { padding: 0.25rem 0.75rem 0.25rem 0; border-bottom: 1px solid var(--rule); text-align: right; white-space: nowrap; }
th { color: var(--soft); font-weight: 600; vertical-align: bottom; } .text, tbody th { text-align: left; } tbody th { color: var(--ink); font-weight: 400; }
caption { text-align: left; color: var(--soft); padding-bottom: 0.4rem; } details { margin-top: 0.5rem; } summary { cursor: pointer; color: var(--soft); }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem; margin: 0.25rem 0 0.5rem; padding: 0; font-size: 0.9rem; overflow-wrap: anywhere; }
.swatch { display: inline-block; width: 0.9rem; height: 0.25rem; border-radius: 2px; margin-right: 0.4rem; vertical-align: middle; background: currentColor; }
.grid { stroke: var(--rule); } .axis { stroke: var(--soft); } .tick, .label, .name { fill: var(--soft); font: 12px system-ui, sans-serif; } .name { fill: var(--ink); paint-order: stroke; stroke: var(--page); stroke-width: 4px; }
.line { fill: none; stroke: currentColor; stroke-width: 2; stroke-linejoin: round; } .line.chance { stroke-width: 1; stroke-dasharray: 4 4; }
.dot { fill: currentColor; stroke: var(--page); stroke-width: 1.5; } .bar { fill: currentColor; }
.fraud, .decline { color: var(--fraud); } .legit, .alerts { color: var(--legit); } .caught { color: var(--caught); } .chance, .review { color: var(--other); }
.series-1 { color: var(--s1); } .series-2 { color: var(--s2); } .series-3 { color: var(--s3); }
.series-4 { color: var(--s4); } .series-5 { color: var(--s5); } .series-6 { color: var(--s6); }
.line.series-2, .line.series-5 { stroke-dasharray: 7 3; } .line.series-3, .line.series-6 { stroke-dasharray: 2 3; }
@media print { body { max-width: none; } details { display: block; } }
`;
