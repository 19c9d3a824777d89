"""From text to lines: Markdown, tables, code, formulas, colours; no state of the program."""
