# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# howto.sh: does what docs/howto/take-one-component.md says. Sourced by the tests of this folder.

readonly HOWTO=docs/howto/take-one-component.md

# howto_section TITLE
howto_section() {
    awk -v title="## $1" '/^## /{ here = $0 == title } here' "$HOWTO"
}

# howto_file TITLE NAME: what the section gives for the file NAME: the block after the last line that names it.
howto_file() {
    howto_section "$1" | awk -v name="\`$2\`" '
        /^```/ { if (inside) { if (wanted) exit; inside = 0 } else { inside = 1; wanted = named }; next }
        inside && wanted { print }
        !inside && NF { named = index($0, name) && /:$/ }'
}

# howto_commands TITLE: its blocks of commands.
howto_commands() {
    howto_section "$1" | awk '/^```/{ inside = $0 == "```sh"; next } inside'
}

# howto_output TITLE: what it says that the commands print.
howto_output() {
    howto_section "$1" | awk '/^```/{ inside = $0 == "```text"; next } inside'
}

# readme_example FILE: the first program in a README.
readme_example() {
    awk '/^```/{ if (inside) exit; inside = $0 == "```c"; next } inside' "$1"
}
