"""How deep elements may lie within each other in HTML of others, before a parser is asked, whose time grows with it.

It errs to one side: an end that a parser may pass over closes nothing here,
so what is not deep here is not deep there.
"""

import re
from collections.abc import Iterator

MOST_DEPTH = 250
"""Elements within each other."""

_VALUE = r"(?:\"[^\"]*+\"|'[^']*+'|[^\s\"'=<>`]++)"
_TOKEN = re.compile(
    rf"<!--(?!-?>)(?P<comment>)|</(?P<end>[A-Za-z][A-Za-z0-9-]*+)\s*+>"
    rf"|<(?P<start>[A-Za-z][^\s/>\"'=<]*+)(?:\s++[^\s\"'=<>/]++(?:=\s*+{_VALUE})?+)*+\s*+/?>"
    r"|<(?P<odd>[A-Za-z][^\s/>]*+|[/!?])"
)
"""A comment's beginning, an end, a beginning, each well formed; or what begins like one and is not."""
_FOREIGN = {"svg", "math"}
_VOID = {"br", "hr", "img", "col", "input", "wbr", "link", "meta", "source", "area", "embed", "param", "track", "base"}
_CLOSES = {
    "p": {"p"},
    "li": {"li"},
    "dt": {"dt", "dd"},
    "dd": {"dt", "dd"},
    "option": {"option"},
    "td": {"p", "td", "th"},
    "th": {"p", "td", "th"},
    "tr": {"p", "td", "th", "tr"},
}
"""What the beginning of an element ends, if nothing else was opened in it."""
_IMPLIED = {"p", "li", "dt", "dd", "option", "tr", "td", "th"}
"""Elements that need no end where one of these ends."""
_OUTER = {"ul", "ol", "dl", "div", "table", "thead", "tbody", "tfoot", "tr", "td", "th", "li", "dd", "dt", "blockquote"}
_OUTER |= {"details", "section", "article", "main", "figure", "header", "footer", "nav"}

_RAW = {"textarea", "title", "xmp", "iframe", "noembed", "noframes", "noscript", "plaintext", "select", "template"}
"""Elements in which ends are text, or end nothing."""
_SCRIPTS = {name: re.compile(rf"</{name}[\s/>]", re.IGNORECASE) for name in ("script", "style")}
"""Elements that are text up to their end."""


def is_deep(html: str) -> bool:
    """Return whether more than MOST_DEPTH elements may be open at once."""
    open_now: list[str] = []
    for name, is_end in _tags(html):
        foreign = not _FOREIGN.isdisjoint(open_now)
        if is_end:
            _close(open_now, name, foreign=foreign)
        elif foreign or name not in _VOID:
            while not foreign and open_now and open_now[-1] in _CLOSES.get(name, ()):
                open_now.pop()
            open_now.append(name)
            if len(open_now) > MOST_DEPTH:
                return True
    return False


def _close(open_now: list[str], name: str, *, foreign: bool) -> None:
    """Close an element if nothing lies in it but what ends with it."""
    kept = len(open_now)
    while kept and not foreign and name in _OUTER and open_now[kept - 1] in _IMPLIED and open_now[kept - 1] != name:
        kept -= 1
    if kept and open_now[kept - 1] == name:
        del open_now[kept - 1 :]


def _tags(html: str) -> Iterator[tuple[str, bool]]:
    """Yield beginnings and ends of elements by name; no more ends once it is not clear what would be one."""
    clear, foreign, at = True, False, 0
    while found := _TOKEN.search(html, at):
        at = found.end()
        if found["comment"] is not None:
            at = html.find("-->", at)
            if at < 0:
                return
        elif found["end"]:
            if clear:
                yield found["end"].lower(), True
        elif found["start"]:
            name = found["start"].lower()
            yield name, False
            foreign = foreign or name in _FOREIGN
            if name in _SCRIPTS and clear and not foreign:
                # What stands in it may look like anything.
                end = _SCRIPTS[name].search(html, at)
                if end is None:
                    return
                clear = html.find("<!--", at, end.start()) < 0
                at = end.start()
            clear = clear and name not in _RAW and (name not in _SCRIPTS or not foreign)
        else:
            clear = False
            # A beginning that is hidden in an odd one counts too.
            if found["odd"][0].isalpha():
                yield found["odd"].lower(), False
