# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# A time server for tests of the ntp example, in dom0 and on this machine.

readonly TWO_BILLION=fae0128080000000 # 2,000,000,000.5 seconds since 1970

# time_server HEAD STAMP [ORIGINATE]: answers every question at port 123 with the first four bytes HEAD, the time STAMP
# and what the client sent as its time, or ORIGINATE, all in hexadecimal (RFC 4330, 4).
time_server() {
    local answerer=${TEST_TMPDIR:-/tmp}/time_server
    cat >"$answerer" <<END
#!/bin/bash
question=\$(head -c 48 | od -An -v -t x1 | tr -d ' \n')
originate=${3:-}
answer=$1$(printf '%040d' 0)\${originate:-\${question:80:16}}$2$2
printf '%b' "\$(sed 's/../\\\\x&/g' <<<"\$answer")"
END
    chmod +x "$answerer"
    socat UDP-LISTEN:123,fork,reuseaddr EXEC:"$answerer" &
}
