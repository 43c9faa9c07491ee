"""How the page looks: on a screen in light or dark, and on paper.

Colours are named here alone. Drawings are made in the light ones and refer to them by name, so that they follow.
The six of the palette are told apart with any kind of colour vision (Okabe and Ito 2008).
"""

from __future__ import annotations

# name: on light, on dark
COLOURS: dict[str, tuple[str, str]] = {
    "ink": ("#1d1d21", "#e9e9ec"),
    "muted": ("#63636b", "#a4a4ad"),
    "rule": ("#d5d5da", "#46464d"),
    "paper": ("#fdfdfc", "#17171a"),
    "shade": ("#f3f3f1", "#222226"),
    "c1": ("#0072b2", "#4ea8de"),
    "c2": ("#d55e00", "#f08a3c"),
    "c3": ("#009e73", "#2fc69a"),
    "c4": ("#b8578c", "#e08fbd"),
    "c5": ("#c28a00", "#edb83d"),
    "c6": ("#3d9fd3", "#8accf0"),
    "good": ("#00795a", "#2fc69a"),
    "bad": ("#b3410a", "#f08a3c"),
}
SERIES = ("c1", "c2", "c3", "c4", "c5", "c6")


def colour(name: str) -> str:
    """A colour as drawings are made in it."""
    return COLOURS[name][0]


def series(number: int) -> str:
    """The colour of the nth of several things, from 0."""
    return colour(SERIES[number % len(SERIES)])


def by_name(drawing: str) -> str:
    """A drawing with its colours replaced by their names."""
    for name, (light, _) in COLOURS.items():
        drawing = drawing.replace(light, f"var(--{name})")
    return drawing


def _variables(side: int) -> str:
    return "".join(f"--{name}:{both[side]};" for name, both in COLOURS.items())


STYLE_SHEET = (
    f":root{{color-scheme:light dark;{_variables(0)}}}\n"
    f"@media (prefers-color-scheme:dark){{:root{{{_variables(1)}}}}}\n"
    """\
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);line-height:1.5;font-size:17px;
 font-family:Charter,"Bitstream Charter","Sitka Text",Cambria,Georgia,serif}
main{max-width:820px;margin:0 auto;padding:3rem 1.5rem 4rem}
h1{font-size:2.1rem;line-height:1.15;margin:0 0 .4rem;font-weight:600;overflow-wrap:anywhere}
h2{font-size:1.3rem;line-height:1.25;margin:3.2rem 0 .7rem;padding-top:.55rem;border-top:1px solid var(--rule);
 font-weight:600}
h3{font-size:1.02rem;margin:1.9rem 0 .3rem;font-weight:600;overflow-wrap:anywhere}
p{margin:.5rem 0;max-width:44em}
a{color:var(--c1);text-decoration-thickness:1px;text-underline-offset:.15em}
code,pre,.mono{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:.84em}
code{overflow-wrap:anywhere}
.facts{color:var(--muted);margin:0;max-width:none}
.facts b{font-weight:400;color:var(--ink)}
nav{margin:1.3rem 0 0;font-size:.88rem;display:flex;flex-wrap:wrap;gap:.25rem 1.1rem}
nav a{text-decoration:none}
nav a:hover{text-decoration:underline}
.verdict{margin:1.9rem 0 0;padding:.9rem 1.15rem;background:var(--shade);border-left:4px solid var(--good)}
.verdict.bad{border-color:var(--bad)}
.verdict>p:first-child{margin:0;font-size:1.1rem;font-weight:600;max-width:none}
.verdict ul{margin:.7rem 0 0;padding:0;list-style:none}
.verdict li{margin:.65rem 0 0}
.verdict li p{margin:0;max-width:none}
.verdict .try{color:var(--muted)}
.mark{color:var(--bad);font-weight:700}
.note,figcaption,.key caption{color:var(--muted);font-size:.88rem}
figure{margin:.8rem 0 1.5rem;break-inside:avoid}
figure svg{display:block;width:100%;height:auto;stroke-linejoin:round;stroke-linecap:butt}
figcaption{margin-top:.3rem;max-width:52em}
.beside{display:grid;grid-template-columns:minmax(0,11fr) minmax(0,9fr);gap:0 1.4rem;align-items:center;
 break-inside:avoid}
.beside figure{margin:.2rem 0}
.scroll{overflow-x:auto}
table{border-collapse:collapse;font-variant-numeric:tabular-nums lining-nums;font-size:.86rem}
.figures,.key{border-top:1.5px solid var(--ink);border-bottom:1.5px solid var(--ink)}
.figures{width:100%}
th,td{padding:.16rem 0 .16rem 1.1rem;text-align:right;white-space:pre;font-weight:400}
th:first-child,td:first-child{text-align:left;padding-left:0}
thead th{border-bottom:.75px solid var(--ink);color:var(--muted);vertical-align:bottom}
tbody th{white-space:normal;overflow-wrap:anywhere}
tbody.group tr:first-child>*{padding-top:.5rem}
.figures .trouble{color:var(--bad);font-weight:700}
.overview td,.overview th{color:var(--muted);font-style:italic}
.key{width:100%;margin:.4rem 0}
.key th,.key td{padding-left:.7rem}
.key th:first-child,.key td:first-child{padding-left:0}
h2+div>h3{margin-top:.4rem}
.swatch{display:inline-block;width:.8em;height:.8em;margin-right:.45em;border-radius:2px;vertical-align:-.05em}
details{margin:.5rem 0 1rem}
summary{cursor:pointer;color:var(--c1);font-size:.9rem}
.settings th,.settings td{white-space:normal;text-align:left;padding:.1rem 1.4rem .1rem 0;vertical-align:top}
.settings th{color:var(--muted);white-space:nowrap}
.settings td{overflow-wrap:anywhere}
.listing{background:var(--shade);padding:.8rem 1rem;overflow-x:auto;line-height:1.45;font-size:.8rem;margin:.6rem 0}
.listing ol{margin:0;padding:0 0 0 3em}
.listing li{white-space:pre;padding-left:.6em}
.listing li::marker{color:var(--muted)}
@media (max-width:640px){.beside{grid-template-columns:1fr}body{font-size:16px}main{padding:1.6rem 1rem}}
@media print{:root{"""
    + _variables(0)
    + """}
 body{font-size:10.5pt;background:none}main{max-width:none;padding:0}nav{display:none}h2{margin-top:1.8rem;break-after:avoid}
 h3{break-after:avoid}.listing{white-space:pre-wrap}.listing li{white-space:pre-wrap}tr{break-inside:avoid}}
"""
)
