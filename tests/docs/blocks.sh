#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# blocks.sh FOLDER FILE...: the fenced blocks of Markdown files as files in FOLDER, each named after where it stands:
# components_mm_README.md.15.c. What stands in a comment `<!-- given: ... -->` before a block of C is put before it, for
# what the text around it has said; the braces that it leaves open are closed behind the block.
set -euo pipefail

folder=$1
shift
for file; do
    # shellcheck disable=SC2016 # awk's own $
    awk -v name="$folder/${file//\//_}" '
        # What ends the braces that a context leaves open: an initializer or a function.
        function closed(text,    i, depth, open, end) {
            for (i = 1; i <= length(text); i++) {
                if (substr(text, i, 1) == "{") open[++depth] = (substr(text, i - 2, 1) == "=") ? "};" : "}"
                if (substr(text, i, 1) == "}") depth--
            }
            while (depth > 0) end = end open[depth--] "\n"
            return end
        }
        /^<!-- given:/ { given = 1; sub(/^<!-- given: */, "") }
        given {
            done = sub(/ *-->.*/, "")
            context = context $0 "\n"
            if (done) given = 0
            next
        }
        /^```/ && !inside {
            inside = 1; language = substr($0, 4); text = ""; start = FNR
            next
        }
        /^```/ {
            inside = 0
            out = name "." start "." (language == "" ? "none" : language)
            printf "%s%s%s", context, text, closed(context) >out
            close(out)
            context = ""
            next
        }
        inside { text = text $0 "\n" }
        !inside && NF { context = "" }' "$file"
done
