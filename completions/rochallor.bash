# bash completion for rochallor:  source <(rochallor completion bash)
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
