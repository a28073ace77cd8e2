#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# filter.sh FILE: a header or a page as doxygen wants it. The house writes plain comments, so each one becomes
# doxygen's: before what it is about, at the end of a line, or at a header's head. What doxygen would take for commands
# or HTML is text here. In a page, a link to a file that is no page becomes that file's name.
set -euo pipefail

# Text between backquotes, in awk: what is not HTML already becomes it.
# shellcheck disable=SC2016 # awk's own $
readonly CODE='
function code(text,    out, span) {
    out = ""
    while (match(text, /`[^`]+`/)) {
        span = substr(text, RSTART + 1, RLENGTH - 2)
        gsub(/&/, "\\&amp;", span); gsub(/#/, "\\&#35;", span); gsub(/\./, "\\&#46;", span)
        gsub(/</, "\\&lt;", span); gsub(/>/, "\\&gt;", span)
        gsub(/"/, "\\&quot;", span); gsub(/%/, "\\&#37;", span); gsub(/\*/, "\\&#42;", span); gsub(/@/, "\\&#64;", span)
        gsub(/\[/, "\\&#91;", span); gsub(/\\/, "\\&#92;", span); gsub(/_/, "\\&#95;", span)
        out = out escape(substr(text, 1, RSTART - 1)) "<code>" span "</code>"
        text = substr(text, RSTART + RLENGTH)
    }
    return out escape(text)
}'

case $1 in
    *.h)
        # shellcheck disable=SC2016 # awk's own $
        awk "$CODE"'
            function escape(text) {
                gsub(/[\\@<>#%]/, "\\\\&", text)
                gsub(/`/, "\047", text)
                return text
            }
            /^\/\* SPDX/ { print ""; next }
            {
                line = $0
                if (inside) {
                    text = line
                    rest = ""
                    if ((end = index(line, "*/"))) {
                        text = substr(line, 1, end - 1); rest = substr(line, end); inside = 0
                    }
                    print code(text) rest
                    next
                }
                at = index(line, "/*")
                if (!at || line ~ /^ *#/) { print line; next }
                before = substr(line, 1, at - 1)
                text = substr(line, at + 2)
                end = index(text, "*/")
                rest = end ? substr(text, end) : ""
                if (end) text = substr(text, 1, end - 1); else inside = 1
                mark = before ~ /[^ ]/ ? "/**<" : "/**"
                if (!head && mark == "/**") { head = 1; mark = "/** \\file\n" }
                print before mark code(text) rest
            }' "$1"
        ;;
    *)
        # The first line would be a heading that the page has already as its title.
        # shellcheck disable=SC2016
        awk "$CODE"'
            function escape(text) { return text }
            /^<!-- given:/ { given = 1 }
            given { if (/-->/) given = 0; print ""; next }
            /^```/ { inside = !inside; sub(/```(cpp|python|bash|sh|make|text)$/, "```") ; print; next }
            inside { print; next }
            {
                line = $0
                out = ""
                while (match(line, /\[[^]]*\]\([^)]*\)/)) {
                    link = substr(line, RSTART, RLENGTH)
                    text = link; sub(/^\[/, "", text); sub(/\]\(.*/, "", text)
                    to = link; sub(/.*\]\(/, "", to); sub(/\)$/, "", to)
                    out = out substr(line, 1, RSTART - 1) (to ~ /^https?:/ ? link : text)
                    line = substr(line, RSTART + RLENGTH)
                }
                print code(out line)
            }' "$1"
        ;;
esac
