/** The report's style sheet. Charts are drawn in light colours; the rules for `.chart` let them follow the page into the dark. */
export const style = `
:root { color-scheme: light dark; --fg: #1d2127; --soft: #5d6570; --line: #dfe3e8; --card: #f6f7f9; --page: #fff;
  --right: #2f7fb8; --wrong: #e0562b; --good: #3a9d6e; --warn: #8a5a00; --warn-bg: #fff5df; }
@media (prefers-color-scheme: dark) { :root { --fg: #e4e7eb; --soft: #9aa3ae; --line: #333a43; --card: #1c2127; --page: #14181d;
  --right: #4a9ad4; --wrong: #ee6f47; --good: #4fb884; --warn: #f0c26a; --warn-bg: #2e2616; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1120px; padding: 32px 24px 64px; background: var(--page); color: var(--fg);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
h1 { font-size: 26px; line-height: 1.2; margin: 0 0 4px; overflow-wrap: anywhere; }
h2 { font-size: 19px; margin: 44px 0 12px; padding-top: 14px; border-top: 1px solid var(--line); }
h3 { font-size: 15px; margin: 20px 0 8px; }
p { margin: 6px 0; max-width: 80ch; }
p.small { max-width: 105ch; }
.soft { color: var(--soft); }
.small { font-size: 13px; }
nav { margin-top: 14px; display: flex; flex-wrap: wrap; gap: 4px 18px; font-size: 14px; }
a { color: var(--right); }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(165px, 1fr)); gap: 12px; margin: 24px 0 0; }
.tile { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 12px 16px; }
.tile b { display: block; font-size: 27px; line-height: 1.25; font-weight: 650; font-variant-numeric: tabular-nums; }
.tile span { display: block; font-size: 13px; color: var(--soft); }
.note { border-left: 3px solid var(--line); background: var(--card); padding: 7px 12px; margin: 8px 0; border-radius: 0 6px 6px 0;
  white-space: pre-line; overflow-wrap: anywhere; font-size: 14px; }
.note.warning { border-color: var(--warn); background: var(--warn-bg); color: var(--warn); }
.chart { margin: 12px 0; overflow-x: auto; }
.chart svg { display: block; max-width: 100%; height: auto; }
.chart.wide svg { max-width: none; }
.chart svg > rect { fill: transparent; }
.chart text, .chart .pale_marks text { fill: var(--fg); }
.chart .strong_marks text { fill: #fff; }
.columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 430px), 1fr)); gap: 8px 40px; align-items: start; }
.beside { display: flex; flex-wrap: wrap; gap: 8px 40px; align-items: flex-start; }
.beside > .chart { flex: 0 1 auto; } .beside > .grow { flex: 1 1 330px; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
th { text-align: left; font-weight: 600; color: var(--soft); font-size: 13px; white-space: nowrap; }
th, td { padding: 5px 14px 5px 0; border-bottom: 1px solid var(--line); vertical-align: top; }
td { overflow-wrap: anywhere; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
td.text { min-width: 240px; }
.bar { display: block; height: 9px; margin-top: 7px; width: 100%; min-width: 60px; background: var(--line); border-radius: 5px; overflow: hidden; }
.bar i { display: block; height: 100%; background: var(--right); }
.bar i.low { background: var(--wrong); }
.bar i.mid { background: #d9a441; }
.stack { display: flex; height: 14px; border-radius: 7px; overflow: hidden; margin: 10px 0 4px; background: var(--line); }
.stack i { display: block; min-width: 1px; border-right: 1px solid var(--page); }
.dot { display: inline-block; width: 10px; height: 10px; border-radius: 3px; margin-right: 7px; }
.wrong { color: var(--wrong); } .good { color: var(--good); }
code { font: 13px/1.5 ui-monospace, "SF Mono", Menlo, Consolas, monospace; }
details { margin: 8px 0; } summary { cursor: pointer; color: var(--right); font-size: 14px; padding: 4px 0; }
@media print { body { max-width: none; padding: 0; } nav { display: none; } h2 { break-after: avoid; } tr { break-inside: avoid; } }
`;
