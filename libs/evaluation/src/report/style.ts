/** The report's style sheet. Charts are drawn in light colours; the rules for `.chart` let them follow the page into the dark. */
export const style = `
:root { color-scheme: light dark; --fg: #1d2127; --soft: #5d6570; --line: #dfe3e8; --card: #f6f7f9; --page: #fff;
  --right: #2f7fb8; --wrong: #d94f24; --good: #2c8a5c; --mid: #c98f1d; --warn: #8a5a00; --warn-bg: #fff5df; }
@media (prefers-color-scheme: dark) { :root { --fg: #e4e7eb; --soft: #9aa3ae; --line: #333a43; --card: #1c2127; --page: #14181d;
  --right: #4a9ad4; --wrong: #ee6f47; --good: #4fb884; --mid: #d9a441; --warn: #f0c26a; --warn-bg: #2e2616; } }
* { box-sizing: border-box; }
html { scroll-padding-top: 12px; }
body { margin: 0; background: var(--page); color: var(--fg); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main { display: block; margin: 0 auto; max-width: 1120px; padding: 28px 24px 64px; }
h1 { font-size: 26px; line-height: 1.2; margin: 0 0 4px; overflow-wrap: anywhere; }
h1.chapter { margin-top: 64px; padding-top: 20px; border-top: 3px solid var(--line); }
h2 { font-size: 19px; margin: 44px 0 12px; padding-top: 14px; border-top: 1px solid var(--line); }
h3 { font-size: 15px; margin: 22px 0 8px; }
p { margin: 6px 0; max-width: 80ch; } p.small { max-width: 105ch; }
.soft { color: var(--soft); } .small { font-size: 13px; }
a { color: var(--right); }
nav { display: flex; flex-wrap: wrap; gap: 2px 16px; font-size: 14px; padding: 14px 24px 0; max-width: 1120px; margin: 0 auto; }
nav a { text-decoration: none; padding: 3px 0; } nav a:hover { text-decoration: underline; } nav .chapter { font-weight: 600; }
@media (min-width: 1340px) {
  body { display: grid; grid-template-columns: 205px minmax(0, 1fr); }
  nav { position: sticky; top: 0; height: 100vh; overflow-y: auto; flex-direction: column; flex-wrap: nowrap; gap: 0; padding: 30px 12px 24px 22px;
    margin: 0; border-right: 1px solid var(--line); background: var(--card); }
  nav .chapter { margin-top: 12px; }
}
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 190px), 1fr)); gap: 12px; margin: 20px 0 8px; }
.tile { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 12px 16px; min-width: 0; }
.tile b { display: block; font-size: 27px; line-height: 1.25; font-weight: 650; font-variant-numeric: tabular-nums; }
.tile span { display: block; font-size: 13px; color: var(--soft); } .tile em { font-style: normal; color: var(--fg); font-variant-numeric: tabular-nums; }
.small-tiles { margin-top: 40px; max-width: 480px; } .small-tiles .tile b { font-size: 20px; }
.range { position: relative; height: 8px; margin: 4px 0 6px; border-radius: 4px; background: var(--line); overflow: hidden; }
.range i { position: absolute; top: 0; bottom: 0; background: var(--right); opacity: .45; border-radius: 4px; min-width: 3px; }
.range u { position: absolute; top: 0; bottom: 0; width: 3px; margin-left: -1.5px; background: var(--right); }
.note { border-left: 3px solid var(--line); background: var(--card); padding: 7px 12px; margin: 8px 0; border-radius: 0 6px 6px 0;
  white-space: pre-line; overflow-wrap: anywhere; font-size: 14px; }
.note.warning { border-color: var(--warn); background: var(--warn-bg); color: var(--warn); }
.chart { margin: 12px 0; overflow-x: auto; }
.chart svg { display: block; max-width: 100%; height: auto; }
.chart svg > rect { fill: transparent; }
.chart text { fill: var(--fg); }
.columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 400px), 1fr)); gap: 8px 40px; align-items: start; }
.columns > * { min-width: 0; }
.beside { display: flex; flex-wrap: wrap; gap: 8px 40px; align-items: flex-start; }
.beside > * { min-width: 0; max-width: 100%; } .beside > .grow { flex: 1 1 360px; }
.scroll { overflow-x: auto; }
.scroll.tall { max-height: 34rem; overflow: auto; contain: content; border: 1px solid var(--line); border-radius: 8px; }
.scroll.tall th, .scroll.tall td { padding-left: 10px; padding-right: 6px; }
.scroll.tall thead th { position: sticky; top: 0; z-index: 1; background: var(--card); }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
th { text-align: left; font-weight: 600; color: var(--soft); font-size: 13px; vertical-align: bottom; }
th, td { padding: 5px 14px 5px 0; border-bottom: 1px solid var(--line); }
td { vertical-align: top; overflow-wrap: break-word; } td.text { overflow-wrap: anywhere; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
td.text { min-width: 240px; } td.text hr { border: 0; border-top: 1px dashed var(--line); margin: 4px 0; }
tr[hidden] { display: none; }
button { font: inherit; color: inherit; cursor: pointer; }
button.sort { all: unset; cursor: pointer; font: inherit; color: inherit; }
button.sort:hover { color: var(--fg); }
th[aria-sort] button { color: var(--fg); }
th[aria-sort=ascending] button::after { content: " ▲"; font-size: 9px; } th[aria-sort=descending] button::after { content: " ▼"; font-size: 9px; }
:focus-visible, button.sort:focus-visible { outline: 2px solid var(--right); outline-offset: 2px; }
.tools { display: flex; flex-wrap: wrap; gap: 8px; align-items: center; margin: 10px 0 8px; }
.tools input, .tools select, .tools button, .heat-detail button { font: inherit; font-size: 14px; color: var(--fg); background: var(--page);
  border: 1px solid var(--line); border-radius: 7px; padding: 5px 9px; max-width: min(100%, 260px); }
.tools input { flex: 0 1 240px; min-width: 0; }
.heat-detail button { max-width: 100%; margin-top: 6px; }
.bar { display: block; height: 9px; margin-top: 7px; width: 100%; min-width: 56px; background: var(--line); border-radius: 5px; overflow: hidden; }
.bar i { display: block; height: 100%; background: var(--right); }
.bar i.low { background: var(--wrong); } .bar i.mid { background: var(--mid); }
.squares { display: flex; flex-wrap: wrap; gap: 2px; padding-top: 3px; }
.squares i { width: 13px; height: 13px; border-radius: 3px; background: var(--line); }
.squares i.low { background: var(--wrong); } .squares i.mid { background: var(--mid); } .squares i.high { background: var(--right); }
.chip { display: inline-block; border: 1px solid var(--line); border-radius: 6px; padding: 0 6px; margin: 0 4px 3px 0; max-width: 100%; }
.chip small { color: var(--soft); }
.chip.missed { border-style: dashed; border-color: var(--soft); }
.chip.extra { border-color: var(--wrong); color: var(--wrong); } .chip.good { border-color: var(--good); color: var(--good); }
.stack { display: flex; height: 14px; border-radius: 7px; overflow: hidden; margin: 10px 0 4px; background: var(--line); }
.stack i { display: block; min-width: 1px; border-right: 1px solid var(--page); }
.dot { display: inline-block; width: 10px; height: 10px; border-radius: 3px; margin-right: 7px; }
.wrong { color: var(--wrong); } .good { color: var(--good); }
.files { padding-left: 18px; font-size: 14px; }
code { font: 13px/1.5 ui-monospace, "SF Mono", Menlo, Consolas, monospace; overflow-wrap: anywhere; }
details { margin: 8px 0; } summary { cursor: pointer; color: var(--right); font-size: 14px; padding: 4px 0; }
.heat-box { margin: 12px 0; }
table.heat { width: auto; border-collapse: separate; border-spacing: 1px; font-size: 12px; }
.heat td, .heat th { border: 0; padding: 0; }
.heat tbody td { width: 44px; min-width: 44px; height: 34px; text-align: center; vertical-align: middle; font-variant-numeric: tabular-nums;
  border-radius: 3px; background: var(--card); overflow-wrap: normal; }
.simple .heat tbody td { width: 58px; min-width: 58px; } .simple .heat-detail { min-height: 0; }
.heat.dense tbody td { width: 24px; min-width: 24px; height: 22px; font-size: 11px; }
.heat tbody td[data-i] { --c: var(--wrong); background: color-mix(in srgb, var(--c) var(--s), var(--page)); cursor: pointer; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
.heat tbody td.r { --c: var(--right); } .heat tbody td.strong { color: #fff; }
.heat td.on { outline: 2px solid var(--fg); outline-offset: -1px; }
.heat thead th { vertical-align: bottom; height: 40px; }
.heat thead th span { display: block; writing-mode: vertical-rl; transform: rotate(180deg); max-height: 150px; overflow: hidden; text-overflow: ellipsis;
  white-space: nowrap; margin: 0 auto; padding: 4px 0; }
.heat tbody th { position: sticky; left: 0; background: var(--page); text-align: right; padding-right: 8px; vertical-align: middle; z-index: 1; }
.heat tbody th span { display: block; max-width: 210px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.heat th { font-weight: 400; font-size: 12px; } .heat th.on { color: var(--fg); font-weight: 600; }
.heat .corner { position: sticky; left: 0; background: var(--page); vertical-align: bottom; text-align: right; padding: 0 8px 4px 0; color: var(--soft); z-index: 1; min-width: 90px; }
.heat .corner span { display: block; font-size: 11px; white-space: nowrap; }
.heat-detail { border: 1px solid var(--line); border-radius: 8px; background: var(--card); padding: 8px 12px; margin-top: 8px; min-height: 84px; font-size: 14px; }
.heat-detail .what { font-weight: 600; margin: 0; overflow-wrap: anywhere; } .heat-detail ul { margin: 4px 0 0; padding-left: 18px; overflow-wrap: anywhere; }
.chart svg.sweep { width: 100%; max-width: 760px; } .sweep { touch-action: pan-y; font-size: 12px; } .sweep .grid line { stroke: var(--line); }
.sweep .line { fill: none; stroke-width: 2.2; stroke-linejoin: round; } .sweep text { fill: var(--soft); }
.sweep .p { stroke: var(--right); } .sweep .rc { stroke: var(--good); } .sweep .f { stroke: var(--wrong); stroke-width: 3; }
.sweep .half { stroke: var(--soft); stroke-dasharray: 2 4; } .sweep .chosen { stroke: var(--fg); stroke-dasharray: 6 4; } .sweep .cursor { stroke: var(--fg); opacity: .5; }
.sweep [hidden] { display: none; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 18px; font-size: 13px; color: var(--soft); }
.legend i { display: inline-block; width: 18px; height: 0; border-top: 3px solid; margin-right: 6px; vertical-align: middle; }
.legend i.p { color: var(--right); } .legend i.rc { color: var(--good); } .legend i.f { color: var(--wrong); }
.legend i.chosen { border-top-style: dashed; border-width: 2px; color: var(--fg); } .legend i.half { border-top-style: dotted; border-width: 2px; }
.forest { display: block; overflow: visible; max-width: 100%; } .forest line { stroke: var(--soft); stroke-width: 2.5; } .forest circle { fill: var(--soft); }
.forest .zero { stroke: var(--line); stroke-width: 1.5; }
.forest.good line:not(.zero) { stroke: var(--good); } .forest.good circle { fill: var(--good); } .forest.bad line:not(.zero) { stroke: var(--wrong); } .forest.bad circle { fill: var(--wrong); }
#tip { position: fixed; z-index: 9; pointer-events: none; max-width: min(340px, 90vw); background: var(--fg); color: var(--page); border-radius: 6px;
  padding: 4px 9px; font-size: 13px; overflow-wrap: anywhere; }
#tip[hidden] { display: none; }
@media (max-width: 640px) {
  main { padding: 18px 14px 48px; } nav { padding: 12px 14px 0; } h1 { font-size: 22px; }
  .scroll.tall { max-height: 75vh; } .heat tbody th span { max-width: 108px; } td.text { min-width: 200px; } .tile b { font-size: 23px; }
  .chart svg:not(.sweep) { max-width: none; }
}
@media print { body { display: block; } main { max-width: none; padding: 0; } nav, .tools, #tip, .heat-detail { display: none; } h2 { break-after: avoid; }
  tr, .tile, .chart { break-inside: avoid; } .scroll.tall { max-height: none; overflow: visible; contain: none; border: 0; } .scroll.tall thead th { position: static; } }
`;
