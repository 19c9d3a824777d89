"""The pages of the site that lie at the root of the repository, where people look for them there.

A hook of MkDocs: it adds them, and turns links between the two places around.
"""

import re
from pathlib import Path

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parent.parent
AT_ROOT = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
    "CHANGELOG.md": "changelog.md",
}


def on_files(files: Files, config) -> Files:
    for name, page in AT_ROOT.items():
        text = (ROOT / name).read_text("utf-8")
        files.append(File.generated(config, page, content=_links_from_root(text)))
    return files


def on_page_markdown(markdown: str, page, **_other) -> str:
    """Links from docs/ to files above it: to the page here, or to the repository's file by name."""
    above = "../" * page.file.src_uri.count("/")
    for name, target in AT_ROOT.items():
        markdown = markdown.replace(f"]({above}../{name}", f"]({above}{target}")
    markdown = re.sub(r"`[^`\n]*\\\|[^`\n]*`", _bars, markdown)
    return re.sub(r"\[([^\]]*)\]\((?:\.\./)+(?!docs)([\w/.-]+)\)", _named, markdown)


def _bars(code: re.Match[str]) -> str:
    """In a table code needs `\\|` on the forge; here the stroke would be shown."""
    return code[0].replace("\\|", "|")


def _links_from_root(text: str) -> str:
    for name, page in AT_ROOT.items():
        text = text.replace(f"]({name}", f"]({page}")
    text = text.replace("](docs/", "](").replace('src="docs/', 'src="')
    return re.sub(
        r"(?<!!)\[([^\]]*)\]\(((?:assets|qchat|tests|themes|tools|memory)[\w/.#-]*|LICENSE)\)",
        _named,
        text,
    )


def _named(link: re.Match[str]) -> str:
    """A file that the site does not have stands as its name."""
    return link[0] if link[2].endswith((".md", ".svg", ".json")) and "/" not in link[2] else link[1]
