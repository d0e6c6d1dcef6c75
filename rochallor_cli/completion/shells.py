"""The scripts that teach a shell to ask `rochallor __complete`, and the form each shell asks in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rochallor_cli.completion.answer import Candidate, complete

SHELLS = ("bash", "zsh", "fish")

_BASH = r"""# bash completion for rochallor:  source <(rochallor completion bash)
_rochallor() {
    local line directive
    COMPREPLY=()
    # The line is handed over whole: bash splits words at = : and @, which ids and options hold.
    {
        IFS= read -r directive
        while IFS= read -r line; do
            COMPREPLY+=("$line")
        done
    } < <("${COMP_WORDS[0]}" __complete bash "${COMP_WORDS[COMP_CWORD]}" "${COMP_LINE:0:COMP_POINT}" 2>/dev/null)
    if [ "$directive" = files ]; then
        compopt -o filenames 2>/dev/null
        while IFS= read -r line; do
            COMPREPLY+=("$line")
        done < <(compgen -f -- "${COMP_WORDS[COMP_CWORD]}")
    fi
    case "${COMPREPLY[0]}" in
        *=) compopt -o nospace 2>/dev/null ;;
    esac
}
complete -F _rochallor rochallor
"""

_ZSH = r"""#compdef rochallor
# zsh completion for rochallor:  source <(rochallor completion zsh), or put this file as _rochallor into $fpath
_rochallor() {
    local directive line
    local -a values shown
    {
        IFS= read -r directive
        while IFS= read -r line; do
            values+=("${line%%$'\t'*}")
            if [[ "$line" == *$'\t'?* ]]; then
                shown+=("${line%%$'\t'*}  -- ${line#*$'\t'}")
            else
                shown+=("${line%%$'\t'*}")
            fi
        done
    } < <("${words[1]}" __complete zsh "${(@)words[2,CURRENT]}" 2>/dev/null)
    if [[ "$directive" == files ]]; then
        _files
    elif (( ${#values} )); then
        compadd -l -d shown -a values
    fi
}
if [[ "${funcstack[1]}" == _rochallor ]]; then
    _rochallor "$@"
elif (( ${+functions[compdef]} )); then
    compdef _rochallor rochallor
fi
"""

_FISH = r"""# fish completion for rochallor:  rochallor completion fish | source
function __rochallor_complete
    set -l words (commandline -opc) (commandline -ct)
    set -l lines ($words[1] __complete fish $words[2..-1] 2>/dev/null)
    if test "$lines[1]" = files
        __fish_complete_path (commandline -ct)
    else
        printf '%s\n' $lines[2..-1]
    end
end
complete -c rochallor -f -a '(__rochallor_complete)'
"""

# Of a candidate and its help together, within the 80 of a terminal; zsh writes "  -- " between them.
_WIDTH = 79 - len("  -- ")
# Characters besides letters and digits that mean nothing to bash, at least not within a word.
_PLAIN = "-_./:=@%+,"

SCRIPTS = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH}


def answer(arguments: Sequence[str], environ: Mapping[str, str]) -> str:
    """What `rochallor __complete SHELL …` prints."""
    shell, *words = arguments or [""]
    strip = ""
    if shell == "bash":
        current, line = (*words, "", "")[:2]
        words = _words_of(line)
        strip = words[-1].removesuffix(current) if current and words[-1].endswith(current) else ""
        if not current:
            strip = words[-1]
    directive, candidates = complete(words, environ)
    return "\n".join([directive, *_lines(shell, candidates, strip)]) + "\n"


def _lines(shell: str, candidates: Sequence[Candidate], strip: str) -> list[str]:
    # What the shell would take for an end of line or a movement of the cursor is nobody's honest id.
    fit = [(value, _printable(text)) for value, text in candidates if value.isprintable()]
    if shell == "bash":
        # zsh and fish quote what they insert, bash inserts it as it is.
        return [_quoted(value[len(strip) :]) for value, _ in fit]
    return [f"{value}\t{_beginning(text, _WIDTH - len(value))}".rstrip("\t") for value, text in fit]


def _beginning(text: str, width: int) -> str:
    """The text in at most so many characters, cut at a word; nothing where there is no room for one."""
    if len(text) <= width:
        return text
    cut = text[: max(width, 0)].rpartition(" ")[0].rstrip(",;: ")
    return f"{cut}…" if cut else ""


def _quoted(word: str) -> str:
    """The word so that bash reads it as one, with nothing expanded or run."""
    return "".join(letter if letter.isalnum() or letter in _PLAIN else f"\\{letter}" for letter in word)


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in text)


def _words_of(line: str) -> list[str]:
    """The words of a line after the program's name; the last one is unfinished, perhaps empty."""
    import shlex

    lexer = shlex.shlex(line, posix=True, punctuation_chars=False)
    lexer.whitespace_split = True
    lexer.commenters = ""
    words: list[str] = []
    try:
        words.extend(lexer)
    except ValueError:
        # An open quote: take the words as they are.
        words = line.split()
    if not line or line[-1].isspace():
        words.append("")
    return words[1:] or [""]
