"""The report as one page of HTML that needs nothing else: text, tables and the drawing in it."""

import html

from markdown_it import MarkdownIt

_STYLE = """
body { font: 16px/1.5 sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; display: block; overflow-x: auto; }
th, td { border: 1px solid #d1d5db; padding: .25rem .6rem; text-align: left; }
th { background: #f3f4f6; } pre { background: #f3f4f6; padding: .6rem; overflow-x: auto; }
svg { width: 100%; height: auto; }
"""


def page(title: str, report: str, drawing: str) -> str:
    """A page of a report in Markdown; what a model wrote in it stays text."""
    body = MarkdownIt("commonmark", {"html": False}).enable("table").render(report)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        f"<title>{html.escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n"
        f"<body>\n{drawing}\n{body}</body>\n</html>\n"
    )
