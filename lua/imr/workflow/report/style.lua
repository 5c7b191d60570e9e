-- The report's style sheet. Languages are chosen by two radio buttons before everything else, so the page needs no
-- script. Colours keep a contrast of 4.5 : 1 with their ground; the shades of coverage differ in lightness too.

return [[
:root { color-scheme: light; --ink: #1d2733; --soft: #536170; --line: #d9dfe5; --ground: #f5f7f9; --paper: #fff;
  --accent: #1f5f99; --bar: #3b7db8; --alarm: #a8321e; --full: #2a76a9; --most: #9cc7e4; --some: #f0b95b;
  --few: #c8502f; --none: #e6eaee; }
* { box-sizing: border-box; }
html { font: 16px/1.55 system-ui, -apple-system, "Segoe UI", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC",
  "Noto Sans SC", sans-serif; -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--ground); color: var(--ink); }
#in-zh:checked ~ * .en, #in-en:checked ~ * .zh { display: none; }
input[name="language"] { position: absolute; opacity: 0; width: 1px; height: 1px; }
.page { max-width: 68rem; margin: 0 auto; padding: 1.5rem 1.25rem 4rem; }
header { display: flex; flex-wrap: wrap; gap: .5rem 1.5rem; align-items: flex-start; margin-bottom: 1.25rem; }
h1 { font-size: 1.65rem; line-height: 1.25; margin: 0; letter-spacing: -.01em; overflow-wrap: anywhere; }
header div:first-child { flex: 1 1 18rem; }
header p { margin: .25rem 0 0; color: var(--soft); font-variant-numeric: tabular-nums; }
.switch { display: inline-flex; border: 1px solid var(--line); border-radius: .5rem; overflow: hidden;
  background: var(--paper); }
.switch label { padding: .35rem .85rem; cursor: pointer; color: var(--soft); font-size: .9rem; }
#in-zh:checked ~ .page label[for="in-zh"], #in-en:checked ~ .page label[for="in-en"] { background: var(--accent);
  color: #fff; }
#in-zh:focus-visible ~ .page .switch, #in-en:focus-visible ~ .page .switch { outline: 3px solid var(--bar);
  outline-offset: 2px; }
.figures { display: flex; flex-wrap: wrap; gap: .75rem; margin: 0 0 1.25rem;
  padding: 0; list-style: none; }
.figures li, section { background: var(--paper); border: 1px solid var(--line); border-radius: .6rem; }
.figures li { padding: .8rem 1rem; flex: 1 1 8.5rem; }
.figures span { color: var(--soft); font-size: .85rem; }
.figures strong { display: block; font-size: 1.45rem; font-weight: 600; line-height: 1.3;
  font-variant-numeric: tabular-nums; white-space: nowrap; }
.figures .alarm strong { color: var(--alarm); }
section { padding: 1.1rem 1.25rem 1.25rem; margin-bottom: 1rem; }
h2 { font-size: 1.15rem; margin: 0 0 .15rem; line-height: 1.35; }
h3 { font-size: .95rem; margin: 1.1rem 0 .4rem; color: var(--soft); font-weight: 600; }
p.note { margin: .1rem 0 .6rem; color: var(--soft); font-size: .9rem; }
code { font: inherit; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; } .whole { white-space: nowrap; }
.chart { display: grid; grid-template-columns: 4.2rem 1fr; grid-template-rows: 11rem 1.5rem; margin-top: .9rem;
  font-size: .78rem; color: var(--soft); font-variant-numeric: tabular-nums; }
.chart .y { position: relative; }
.chart .y span { position: absolute; right: .5rem; transform: translateY(-50%); white-space: nowrap; }
.chart svg { width: 100%; height: 100%; overflow: visible; border-bottom: 1px solid var(--soft); }
.chart .grid { stroke: var(--line); vector-effect: non-scaling-stroke; }
.chart .bar { fill: var(--bar); } .chart .hit { fill: transparent; }
.chart g:hover .bar { fill: var(--accent); } .chart g:hover .hit { fill: #1f5f9914; }
.chart .x { grid-column: 2; position: relative; }
.chart .x span { position: absolute; top: .25rem; transform: translateX(-50%); white-space: nowrap; }
.maps { display: flex; flex-wrap: wrap; gap: .5rem 2.5rem; }
.map { max-width: 100%; overflow-x: auto; }
.map h3 { margin-top: .6rem; } .map h3 span b { font-weight: 400; }
.calendar { display: block; }
.calendar text { font-size: 11px; fill: var(--soft); font-variant-numeric: tabular-nums; }
.calendar .date, .calendar .lacks { text-anchor: middle; fill: #fff; font-size: 11px; }
.calendar .lacks { font-weight: 700; fill: #1d2733; } .calendar .few + text { fill: #fff; }
.calendar .none + text { fill: #536170; }
.full { fill: var(--full); background: var(--full); } .most { fill: var(--most); background: var(--most); }
.some { fill: var(--some); background: var(--some); } .few { fill: var(--few); background: var(--few); }
.none { fill: var(--none); background: var(--none); }
.legend { display: flex; flex-wrap: wrap; gap: .25rem 1.1rem; list-style: none; margin: .75rem 0 0; padding: 0;
  font-size: .82rem; color: var(--soft); }
.key { display: inline-block; width: .8rem; height: .8rem; border-radius: .2rem; margin-right: .4rem;
  vertical-align: -.08rem; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; margin-top: .4rem; }
th { text-align: left; font-weight: 600; color: var(--soft); font-size: .8rem; border-bottom: 1px solid var(--soft);
  padding: .3rem .9rem .3rem 0; vertical-align: bottom; }
td { border-bottom: 1px solid var(--line); padding: .42rem .9rem .42rem 0; vertical-align: top; unicode-bidi: isolate;
  overflow-wrap: anywhere; }
th:last-child, td:last-child { padding-right: 0; }
tbody tr:last-child td { border-bottom: 0; }
.n { text-align: right; font-variant-numeric: tabular-nums; } td.n { white-space: nowrap; }
.narrow { width: 2.5rem; } .day { width: 11rem; white-space: nowrap; } .share-cell { width: 11rem; }
.head { display: none; }
.share { display: inline-block; width: 5rem; height: .5rem; background: var(--none); border-radius: .25rem;
  margin-left: .6rem; vertical-align: .05rem; overflow: hidden; }
.share i { display: block; height: 100%; background: var(--bar); }
footer { color: var(--soft); font-size: .85rem; }
@media (max-width: 40rem) {
  .page { padding: 1rem .75rem 3rem; }
  h1 { font-size: 1.35rem; }
  .figures { display: grid; grid-template-columns: 1fr 1fr; gap: .5rem; } .figures li { padding: .6rem .75rem; }
  .figures strong { font-size: 1.2rem; white-space: normal; overflow-wrap: anywhere; }
  section { padding: .9rem .9rem 1rem; }
  .chart { grid-template-columns: 3.2rem 1fr; }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  table, tbody, tr, td { display: block; width: 100%; }
  tr { border-bottom: 1px solid var(--line); padding: .5rem 0; } tbody tr:last-child { border-bottom: 0; }
  td, td.n { display: grid; grid-template-columns: 7.5rem 1fr; gap: .5rem; text-align: left; border: 0;
    padding: .1rem 0; white-space: normal; }
  .head { display: block; font-weight: 400; color: var(--soft); font-size: .82rem; }
  .share-cell, .day { width: auto; } td.narrow { display: none; }
}
@media print {
  @page { margin: 14mm 12mm; }
  html { font-size: 10.5pt; }
  body, .figures li, section { background: #fff; }
  .page { max-width: none; padding: 0; }
  .switch { display: none; }
  section, .figures li { border-color: #b8c0c8; }
  section { break-inside: auto; } h2, h3, .chart, .map, tr, .figures { break-inside: avoid; }
  h2, h3 { break-after: avoid; } thead { display: table-header-group; }
  .map { overflow: visible; } .calendar { max-width: 100%; height: auto; }
  rect, .key, .share, .share i { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
]]
