-- The style of the sheets: on a screen they lie on a desk, on paper each begins a page.

local SCREEN = [[
:root { color-scheme: light; --ink: #1a2430; --soft: #55616d; --line: #c9d1d9; --faint: #eef2f5; --bar: #a9c3da;
  --accent: #1f5f99; --alarm: #9c2f1c; }
* { box-sizing: border-box; }
html { font: %s/1.32 system-ui, -apple-system, "Segoe UI", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC",
  "WenQuanYi Micro Hei", sans-serif; color: var(--ink); font-variant-numeric: tabular-nums; }
body { margin: 0; background: #e3e8ec; }
.sheet { width: %s; min-height: %s; margin: 8mm auto; padding: 10mm; background: #fff; display: flex;
  flex-direction: column; box-shadow: 0 1px 4px #0003; overflow-wrap: anywhere; }
header { display: flex; justify-content: space-between; align-items: baseline; gap: 4mm; padding-bottom: 1.5mm;
  border-bottom: .6mm solid var(--accent); }
h1 { font-size: 1.7em; line-height: 1.2; margin: 0; font-weight: 650; }
header p { margin: 0; text-align: right; white-space: nowrap; }
header b { font-size: 1.1em; }
.badge { display: inline-block; font-size: .62em; vertical-align: .25em; margin-left: 2mm; padding: .2mm 1.6mm;
  border: .3mm solid var(--alarm); color: var(--alarm); border-radius: 1mm; font-weight: 600; }
dl { display: grid; grid-template-columns: auto 1fr; gap: .4mm 4mm; margin: 2.5mm 0 1mm; align-items: baseline; }
dt { color: var(--soft); } dd { margin: 0; unicode-bidi: isolate; } dd b { font-size: 1.15em; }
dd small { color: var(--soft); margin-left: 3mm; }
section { margin-top: 2.2mm; break-inside: avoid; }
h2 { font-size: 1.08em; margin: 0; font-weight: 650; color: var(--accent); }
h2 small { font-size: .88em; font-weight: 400; color: var(--soft); margin-left: 1.5mm; unicode-bidi: isolate; }
table { width: 100%%; border-collapse: collapse; margin-top: .6mm; table-layout: fixed; }
th:first-child { width: 31%%; }
th { font-weight: 400; color: var(--soft); text-align: left; font-size: .88em; padding: .5mm 2mm .5mm 0;
  border-bottom: .25mm solid var(--line); }
td { padding: .4mm 2mm .4mm 0; vertical-align: baseline; unicode-bidi: isolate; }
td small { display: block; color: var(--soft); font-size: .84em; line-height: 1.2; white-space: nowrap; }
th.n, td.n { text-align: right; } th:last-child, td:last-child { padding-right: 0; }
td.n { white-space: nowrap; }
tr.sum td { border-top: .25mm solid var(--line); font-weight: 650; }
table + table { border-top: .25mm solid var(--faint); }
.held { margin: 1mm 0 0; padding: 1mm 2mm; border-left: .8mm solid var(--alarm); background: #fbf1ef; }
.held b { color: var(--alarm); margin-right: 1mm; }
.said { margin: .6mm 0 0; color: var(--soft); font-size: .9em; unicode-bidi: isolate; }
figure { margin: 1mm 0 0; } figcaption { color: var(--soft); font-size: .84em; }
.chart { display: block; width: 100%%; }
.chart text { font-size: 9px; text-anchor: middle; fill: var(--soft); }
.chart text.now { fill: var(--ink); font-weight: 650; }
.chart rect { fill: var(--bar); } .chart rect.now { fill: var(--accent); }
.chart line { stroke: var(--soft); stroke-width: .7; }
.due { margin-top: 3mm; padding: 1.2mm 3mm; background: var(--faint); border-radius: 1mm; display: flex;
  align-items: baseline; justify-content: space-between; gap: 4mm; break-inside: avoid; }
.due strong { font-size: 1.7em; white-space: nowrap; } .due small { color: var(--alarm); }
footer { margin-top: auto; padding-top: 3mm; color: var(--soft); font-size: .8em; display: flex;
  justify-content: space-between; gap: 3mm; }
]]

local PRINT = [[
@page { size: %s; margin: 10mm; }
@media print {
  body { background: #fff; }
  .sheet { width: auto; min-height: %s; margin: 0; padding: 0; box-shadow: none; break-after: page; }
  .sheet:last-child { break-after: auto; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
]]

local PAPER = { A5 = { "8.5pt", "148mm", "210mm", "188mm" }, A4 = { "10.5pt", "210mm", "297mm", "275mm" } }

---@param paper "A5"|"A4"
---@return string
return function(paper)
  local size = PAPER[paper]
  return SCREEN:format(size[1], size[2], size[3]) .. PRINT:format(paper, size[4])
end
