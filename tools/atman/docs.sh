# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# docs.sh: `atman docs`.

help_docs() {
    cat <<'END'
Usage: ./atman docs [FOLDER]

Renders every public header and every page of the project as HTML, with the layers on the first one, into FOLDER/html
(.atman/docs without). Open FOLDER/html/index.html. A warning of doxygen's is an error.
END
}

verb_docs() {
    [[ $# -le 1 && ${1:-} != -* ]] || misuse "say one folder or none (./atman docs --help)"
    ensure_packages
    "$ATMAN_HOME/tools/docs/docs.sh" "$ATMAN_HOME" "${1:-$ATMAN_HOME/.atman/docs}"
}
