"""A Sphinx extension: `.. sagews::` makes a live cell, and stays a listing in every format but HTML.

In `conf.py`: `extensions = ["sagews_sphinx"]`, `sagews_site = "https://math.example.org"`.
"""

from html import escape

from docutils import nodes
from docutils.parsers.rst import Directive, directives
from sphinx.application import Sphinx

FLAGS = ("setup", "readonly", "autoevaluate")
TEXTS = ("session", "language", "label")


class Cell(Directive):
    """One cell: its content is the code."""

    has_content = True
    option_spec = {  # noqa: RUF012  # as docutils has it
        **dict.fromkeys(FLAGS, directives.flag),
        **dict.fromkeys((*TEXTS, "expected"), directives.unchanged),
    }

    def run(self) -> list[nodes.Node]:
        """Return the cell for HTML, around a listing for all others."""
        code = "\n".join(self.content)
        given = "".join(f' {name}="{escape(self.options[name])}"' for name in TEXTS if name in self.options)
        given += "".join(f" {name}" for name in FLAGS if name in self.options)
        expected = self.options.get("expected", "")
        slot = f'<pre slot="expected">{escape(expected)}</pre>' if expected else ""
        cell = f"<sagews-cell{given}><pre>\n{escape(code)}\n</pre>{slot}</sagews-cell>"
        listing = nodes.literal_block(code, code, language=self.options.get("language", "python"))
        listing["classes"].append("sagews-listing")
        live = nodes.raw("", cell, format="html")
        return [live] if self.state.document.settings.env.app.builder.format == "html" else [listing]


def setup(app: Sphinx) -> dict[str, bool]:
    """Tell Sphinx of it."""
    app.add_config_value("sagews_site", "", "html")
    app.add_directive("sagews", Cell)
    app.connect("builder-inited", lambda app: app.add_js_file(f"{app.config.sagews_site}/embed.js", type="module"))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
