"""LaTeX formulas as MathML, which browsers show without a script; what cannot be read is shown as it is written."""

import re
from html import escape, unescape
from xml.etree.ElementTree import Element

MOST_FORMULA = 4000
"""Characters of a formula that is read."""

_TAGS = {"math", "mrow", "mi", "mn", "mo", "ms", "mtext", "mspace", "mfrac", "msqrt", "mroot", "mstyle", "mpadded"}
_TAGS |= {"msub", "msup", "msubsup", "munder", "mover", "munderover", "mmultiscripts", "mprescripts", "none"}
_TAGS |= {"mtable", "mtr", "mtd", "mphantom", "menclose", "merror"}
_ATTRIBUTES = {"display", "displaystyle", "scriptlevel", "mathvariant", "mathcolor", "mathsize", "stretchy", "fence"}
_ATTRIBUTES |= {"form", "accent", "accentunder", "separator", "lspace", "rspace", "minsize", "maxsize", "linethickness"}
_ATTRIBUTES |= {"width", "height", "depth", "voffset", "columnalign", "rowalign", "columnspacing", "rowspacing"}
_ATTRIBUTES |= {"columnlines", "rowlines", "frame", "notation", "movablelimits", "largeop", "symmetric"}
_VALUE = re.compile(r"[\w\s.%#+-]{0,60}")


def mathml(formula: str, *, block: bool) -> str:
    """Return a formula, without its dollar signs, as HTML that is safe."""
    # Here, since few start by converting a formula.
    from latex2mathml.converter import convert_to_element

    if len(formula) <= MOST_FORMULA:
        try:
            return _written(convert_to_element(formula, display="block" if block else "inline"))
        except Exception:  # noqa: S110 - hostile formulas end in any error there, too deep ones in RecursionError
            pass
    return f"<code>{escape(formula)}</code>"


def _written(element: Element) -> str:
    """Return an element as text: latex2mathml's own way to do so does not escape what a formula says."""
    tag = element.tag if element.tag in _TAGS else "mrow"
    attributes = "".join(
        f' {name}="{escape(value)}"'
        for name, value in element.attrib.items()
        if name in _ATTRIBUTES and _VALUE.fullmatch(value)
    )
    within = "".join(map(_written, element))
    return f"<{tag}{attributes}>{escape(unescape(element.text or ''))}{within}</{tag}>"
