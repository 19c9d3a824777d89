"""`qchat completion`: scripts that complete commands and options, made from the parser itself."""

import argparse
import sys
from collections.abc import Callable, Iterable

from qchat.cli.arguments import SUBCOMMANDS
from qchat.cli.tree import CommandNode, tree
from qchat.runtime.paths import Paths

INSTALL = """\
install:
  bash   qchat completion bash \\
             > ~/.local/share/bash-completion/completions/qchat
  zsh    qchat completion zsh > "${fpath[1]}/_qchat"
  fish   qchat completion fish > ~/.config/fish/completions/qchat.fish
"""


def add(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    common: argparse.ArgumentParser,
    about: str,
) -> None:
    parser = commands.add_parser(
        "completion",
        parents=[common],
        help=about,
        description=about,
        epilog=INSTALL,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("shell", choices=[*SCRIPTS], help="the shell that reads the script")
    parser.set_defaults(run=_print)


def _print(options: argparse.Namespace, _paths: Paths) -> int:
    from qchat.cli import parser  # noqa: PLC0415  which imports this module

    sys.stdout.write(SCRIPTS[options.shell](tree(parser(tuple(SUBCOMMANDS)))))
    return 0


def bash(root: CommandNode) -> str:
    """For bash: the words that may stand behind each command, and files."""
    paths = "|".join(f'"{" ".join(node.path)}"' for node in root.walk() if node is not root)
    words = "\n".join(
        f'        "{" ".join(node.path)}") words="{" ".join(_words(node))}" ;;'
        for node in root.walk()
    )
    return _BASH.format(paths=paths, values=_values(root, '        {}) words="{}" ;;'), words=words)


def zsh(root: CommandNode) -> str:
    """For zsh: the same, each with its line of help."""
    paths = "|".join(f'"{" ".join(node.path)}"' for node in root.walk() if node is not root)
    words = "\n".join(
        f'        "{" ".join(node.path)}") next=({" ".join(map(_zsh_word, _helped(node)))}) ;;'
        for node in root.walk()
    )
    return _ZSH.format(paths=paths, values=_values(root, "        {}) next=({}) ;;"), words=words)


def fish(root: CommandNode) -> str:
    """For fish: one line for each word, with the path at which it stands."""
    lines = [_FISH.format(paths=" ".join(f"'{' '.join(n.path)}'" for n in root.walk()))]
    for node in root.walk():
        at = f"-n \"__qchat_at '{' '.join(node.path)}'\""
        for child in node.below:
            lines.append(f"complete -c qchat -f {at} -a {child.name} -d {_quoted(child.help)}")
        for argument in node.arguments:
            names = " ".join(
                f"-l {name[2:]}" if name.startswith("--") else f"-s {name[1:]}"
                for name in argument.names
            )
            choices = f" -a {_quoted(' '.join(argument.offered))}" if argument.offered else ""
            wants = (" -x" if choices else " -r") if argument.value and names else ""
            if names or choices:
                text = _quoted(argument.help)
                lines.append(f"complete -c qchat {at} {names}{wants}{choices} -d {text}")
    return "\n".join(lines) + "\n"


def _words(node: CommandNode) -> Iterable[str]:
    return (word for word, _ in _helped(node))


def _helped(node: CommandNode) -> Iterable[tuple[str, str]]:
    """All that may stand next: commands, choices, options."""
    for child in node.below:
        yield child.name, child.help
    for argument in node.arguments:
        if argument.names:
            for name in argument.names:
                yield name, argument.help
        else:
            for choice in argument.offered:
                yield choice, argument.help


def _values(root: CommandNode, line: str) -> str:
    """What may stand behind an option that takes one of a few words."""
    return "\n".join(
        line.format(f'"{" ".join(node.path)} {name}"', " ".join(argument.offered))
        for node in root.walk()
        for argument in node.arguments
        for name in argument.names
        if argument.offered
    )


def _zsh_word(word: tuple[str, str]) -> str:
    name, text = word
    return _quoted(name.replace(":", "\\:") + ":" + text)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "’").replace("\n", " ") + "'"


_BASH = """\
# bash completion for qchat; made by `qchat completion bash`
_qchat() {{
    local cur prev path word words
    cur=${{COMP_WORDS[COMP_CWORD]}}
    prev=${{COMP_WORDS[COMP_CWORD-1]}}
    path=qchat
    for word in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
        case "$path $word" in
        {paths}) path="$path $word" ;;
        esac
    done
    case "$path $prev" in
{values}
        *) case "$path" in
{words}
        esac ;;
    esac
    COMPREPLY=($(compgen -W "$words" -- "$cur"))
}}
complete -o default -F _qchat qchat
"""
_ZSH = """\
#compdef qchat
# zsh completion for qchat; made by `qchat completion zsh`
_qchat() {{
    local word at=qchat
    local -a next
    for word in "${{(@)words[2,CURRENT-1]}}"; do
        case "$at $word" in
        {paths}) at="$at $word" ;;
        esac
    done
    case "$at ${{words[CURRENT-1]}}" in
{values}
        *) case "$at" in
{words}
        esac ;;
    esac
    _describe 'qchat' next || _files
}}
if [ "$funcstack[1]" = "_qchat" ]; then
    _qchat "$@"
else
    compdef _qchat qchat
fi
"""
_FISH = """\
# fish completion for qchat; made by `qchat completion fish`
function __qchat_at
    set -l known {paths}
    set -l at qchat
    for word in (commandline -opc)[2..-1]
        contains -- "$at $word" $known; and set at "$at $word"
    end
    test "$at" = "$argv[1]"
end"""
SCRIPTS: dict[str, Callable[[CommandNode], str]] = {"bash": bash, "zsh": zsh, "fish": fish}
