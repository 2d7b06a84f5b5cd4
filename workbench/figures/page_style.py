"""The style of a report: of its own page in both color schemes, and of JupyterLab's theme."""

from workbench.figures.theme import OKABE_ITO

_PLACES = (OKABE_ITO[4], OKABE_ITO[5], OKABE_ITO[3])

# every rule is below .gw-report, so that a notebook around it keeps its own look; the class twice
# outweighs what JupyterLab says of tables. JupyterLab's colors come first, and where there are
# none the color scheme of the reader
STYLE = """
.gw-report { --d-page: #fff; --d-ink: #1d2126; --d-soft: #5c6670; --d-line: #dde1e6;
  --d-edge: #8b949e; --d-node: #dfe4ea; --d-tint: #f5f7f9; }
@media (prefers-color-scheme: dark) { .gw-report { --d-page: #14171a; --d-ink: #e7eaed;
  --d-soft: #a3adb7; --d-line: #333a41; --d-edge: #6d7680; --d-node: #3a434c; --d-tint: #1c2126; } }
.gw-report { --page: var(--jp-layout-color0, var(--d-page));
  --ink: var(--jp-content-font-color1, var(--d-ink));
  --soft: var(--jp-content-font-color2, var(--d-soft));
  --line: var(--jp-border-color2, var(--d-line)); --edge: var(--jp-border-color0, var(--d-edge));
  --node: var(--jp-layout-color3, var(--d-node)); --tint: var(--jp-layout-color1, var(--d-tint));
  --likely: #009E73; --doubtful: #B07900; --unlikely: #808080; --none: #808080;
  margin: 0 auto; padding: 1.75rem 1.25rem 2.5rem; max-width: 64rem; background: var(--page);
  color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
.gw-report h1 { font-size: 1.55rem; margin: 0 0 .25rem; overflow-wrap: anywhere; color: inherit; }
.gw-report h2 { font-size: 1.1rem; margin: 1.75rem 0 .5rem; color: inherit; }
.gw-report h3 { font-size: .85rem; margin: 0 0 .35rem; color: var(--soft); font-weight: 600; }
.gw-report p { margin: .25rem 0 .75rem; }
.gw-report p, .gw-report figcaption, .gw-report td:last-child { color: var(--soft); }
.gw-report figure { margin: .75rem 0; }
.gw-report svg { display: block; width: 100%; height: auto; max-height: 30rem;
  border: 1px solid var(--line); border-radius: 6px; background: none; }
.gw-report figcaption { font-size: .88rem; margin-top: .4rem; }
.gw-report.gw-report table { border-collapse: collapse; width: 100%; font-size: inherit;
  margin: 0; }
.gw-report.gw-report th, .gw-report.gw-report td { text-align: left; vertical-align: top;
  background: none; padding: .45rem .9rem .45rem 0; border: 0; border-top: 1px solid var(--line); }
.gw-report.gw-report tr, .gw-report.gw-report tr:nth-child(even),
.gw-report.gw-report tr:hover { background: none; }
.gw-report.gw-report tbody th { font-weight: 600; width: 13rem; }
.gw-report.gw-report td.value { font-variant-numeric: tabular-nums; width: 13rem;
  color: var(--ink); }
.gw-report small { display: block; color: var(--soft); font-size: .85em; }
.gw-report .card { background: var(--tint); border: 1px solid var(--line);
  border-left: 5px solid var(--answer); border-radius: 6px; padding: .9rem 1.1rem; margin: 1rem 0; }
.gw-report .card.likely { --answer: var(--likely); }
.gw-report .card.doubtful { --answer: var(--doubtful); }
.gw-report .card.unlikely, .gw-report .card.none { --answer: var(--unlikely); }
.gw-report .card h2 { margin: 0 0 .4rem; }
.gw-report .card .answer { background: var(--answer); color: #fff; border-radius: 4px;
  padding: .1rem .55rem; margin-left: .3rem; font-size: .95em; white-space: nowrap; }
.gw-report .card > p { color: var(--ink); }
.gw-report .card > p.caveat, .gw-report .caveat { color: var(--soft); font-size: .86rem; }
.gw-report .card > p.caveat { margin: .6rem 0 0; }
.gw-report .evidence { display: grid; gap: 1rem 1.5rem;
  grid-template-columns: repeat(auto-fit, minmax(17rem, 1fr)); }
.gw-report .evidence ul { margin: 0; padding: 0; list-style: none; }
.gw-report .evidence li { margin: 0 0 .6rem; }
.gw-report .evidence li strong { display: block; }
.gw-report .evidence .for h3 { color: var(--likely); }
.gw-report .evidence .against h3 { color: #D55E00; }
.gw-report .places { list-style: none; margin: .5rem 0 0; padding: 0; }
.gw-report .places li { margin: 0 0 .35rem; padding-left: 2rem; position: relative; }
.gw-report .places .number { position: absolute; left: 0; top: .1rem; width: 1.35rem;
  line-height: 1.35rem; border-radius: 50%; background: var(--mark); color: #14171a;
  text-align: center; font-size: .8rem; font-weight: 700; }
.gw-report .place-1 { --mark: PLACE1; } .gw-report .place-2 { --mark: PLACE2; }
.gw-report .place-3 { --mark: PLACE3; }
.gw-report .charts { display: grid; gap: 1rem;
  grid-template-columns: repeat(auto-fit, minmax(20rem, 1fr)); }
.gw-report .edge { stroke: var(--edge); fill: none; stroke-opacity: .7; }
.gw-report .node { fill: var(--node); stroke: var(--edge); }
.gw-report .end { fill: var(--ink); stroke: var(--page); }
.gw-report .pair { stroke: var(--ink); fill: none; stroke-dasharray: 3 6; stroke-opacity: .6; }
.gw-report .mark { stroke: var(--mark); fill: none; stroke-linecap: round; }
.gw-report .badge circle { fill: var(--mark); stroke: var(--page); stroke-width: 1.5; }
.gw-report svg text { fill: var(--ink); font: 600 15px system-ui, sans-serif; paint-order: stroke;
  stroke: var(--page); stroke-width: 4px; }
.gw-report svg .badge text { fill: #14171a; font-size: 13px; stroke: none; }
.gw-report .chart text { font: 11px system-ui, sans-serif; fill: var(--soft); stroke-width: 0; }
.gw-report .axis { stroke: var(--line); fill: none; }
.gw-report .bar { fill: #0072B2; } .gw-report .whisker { stroke: var(--ink); }
.gw-report .line { stroke: var(--mark); fill: none; stroke-width: 2; }
"""
for _number, _color in enumerate(_PLACES, start=1):
    STYLE = STYLE.replace(f"PLACE{_number}", _color)
