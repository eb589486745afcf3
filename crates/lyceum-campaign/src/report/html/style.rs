//! How the page looks.

/// The page's style, for light and dark screens and for paper.
pub(super) const STYLE: &str = "
:root {
  color-scheme: light dark;
  --paper: #f6f7f9; --card: #ffffff; --ink: #1b2330; --dim: #5d6878; --rule: #dfe3e9;
  --blue: #2463c9; --teal: #0b8277; --red: #c62f3b; --amber: #9a6200; --violet: #6d3fc0;
  --shade: #eef1f5;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #12161c; --card: #1a2029; --ink: #e4e9f0; --dim: #98a4b5; --rule: #2d3643;
    --blue: #6ea8ff; --teal: #4ecdbf; --red: #ff7b84; --amber: #efb34f; --violet: #b594ff;
    --shade: #222a35;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif;
  font-variant-numeric: tabular-nums;
}
main { max-width: 1180px; margin: 0 auto; padding: 32px 24px 64px; }
code, pre { font: 13px/1.5 ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace; }
h1 { font-size: 30px; line-height: 1.2; margin: 2px 0 8px; overflow-wrap: anywhere; }
h2 { font-size: 18px; margin: 36px 0 12px; }
h3 { font-size: 13px; margin: 18px 0 6px; color: var(--dim); font-weight: 600; }
.kind { margin: 0; color: var(--blue); font-size: 13px; font-weight: 600; }
.command { margin: 0 0 4px; overflow-wrap: anywhere; }
.command code { background: var(--shade); padding: 3px 8px; border-radius: 6px; }
.when { margin: 8px 0 0; color: var(--dim); }
.tiles {
  display: grid; grid-template-columns: repeat(auto-fit, minmax(140px, 1fr));
  gap: 12px; margin-top: 24px;
}
.tile {
  background: var(--card); border: 1px solid var(--rule); border-radius: 10px;
  padding: 14px 16px; display: flex; flex-direction: column;
}
.tile b { font-size: 26px; line-height: 1.2; font-weight: 650; }
.tile span { color: var(--dim); font-size: 13px; }
.found { border-color: var(--red); }
.found b { color: var(--red); }
.note {
  margin: 16px 0 0; padding: 10px 14px; border-radius: 8px; background: var(--card);
  border: 1px solid var(--rule); border-left: 4px solid var(--amber);
}
.nothing {
  background: var(--card); border: 1px solid var(--rule); border-radius: 10px;
  padding: 20px; margin: 0; color: var(--dim);
}
.finds {
  background: var(--card); border: 1px solid var(--rule); border-radius: 10px;
  overflow: hidden;
}
.row {
  display: grid; gap: 16px; padding: 10px 16px; align-items: center;
  grid-template-columns: 126px minmax(0, 1fr) 60px 64px 96px 130px;
}
.row span:nth-child(n+3) { text-align: right; white-space: nowrap; }
.head { color: var(--dim); font-size: 13px; background: var(--shade); }
details { border-top: 1px solid var(--rule); }
summary { cursor: pointer; list-style: none; }
summary::-webkit-details-marker { display: none; }
summary:hover, details[open] > summary { background: var(--shade); }
summary:focus-visible { outline: 2px solid var(--blue); outline-offset: -2px; }
.cause { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.chip {
  justify-self: start; max-width: 100%; padding: 1px 9px; border-radius: 999px;
  font-size: 13px; font-weight: 600; border: 1px solid currentColor;
  overflow: hidden; text-overflow: ellipsis; white-space: nowrap;
}
.signal { color: var(--red); }
.exit { color: var(--amber); }
.limit { color: var(--violet); }
.pattern { color: var(--teal); }
.body { padding: 6px 16px 20px; }
.body dl, .facts {
  display: grid; grid-template-columns: repeat(auto-fit, minmax(200px, 1fr));
  gap: 10px 24px; margin: 10px 0 0;
}
dt { color: var(--dim); font-size: 13px; }
dd { margin: 0; overflow-wrap: anywhere; }
.facts {
  background: var(--card); border: 1px solid var(--rule); border-radius: 10px;
  padding: 16px; margin: 0;
}
.frames { margin: 0; padding-left: 24px; overflow-wrap: anywhere; }
.body p { margin: 0 0 6px; }
pre {
  margin: 0 0 8px; padding: 10px 12px; background: var(--shade); border-radius: 8px;
  white-space: pre-wrap; overflow-wrap: anywhere; max-height: 320px; overflow-y: auto;
}
.dump { white-space: pre; overflow-x: auto; }
.replay { user-select: all; }
.plots {
  display: grid; gap: 16px;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 440px), 1fr));
}
figure {
  margin: 0; background: var(--card); border: 1px solid var(--rule); border-radius: 10px;
  padding: 14px 14px 6px;
}
figcaption { color: var(--dim); font-size: 13px; margin: 0 0 6px 4px; }
figcaption b { color: var(--ink); font-size: 15px; margin-right: 4px; }
svg { display: block; width: 100%; height: auto; }
svg text { fill: var(--dim); font-size: 11px; }
.grid { stroke: var(--rule); stroke-width: 1; }
.line { fill: none; stroke: var(--blue); stroke-width: 1.8; stroke-linejoin: round; }
.strength { stroke: var(--teal); }
.area, .band { fill: var(--blue); opacity: 0.16; }
line.limit { stroke: var(--red); stroke-width: 1; stroke-dasharray: 5 4; }
svg .meaning { fill: var(--red); }
.dot { fill: var(--red); stroke: var(--card); stroke-width: 1; }
.part { fill: var(--ink); opacity: 0; }
.part:hover { opacity: 0.08; }
.column { fill: var(--blue); opacity: 0.75; }
.column:hover { opacity: 1; }
@media (max-width: 760px) {
  main { padding: 20px 14px 40px; }
  .row { grid-template-columns: 110px minmax(0, 1fr) 48px; }
  .row span:nth-child(n+4) { display: none; }
}
@media print {
  body { background: #ffffff; }
  figure, .tile, details { break-inside: avoid; }
}
";
