# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# common.sh: what the verbs share: how they speak, where they may write, how they end.

# Logs that somebody may want to read after a failure. Git ignores the folder.
readonly ATMAN_LOGS=$ATMAN_HOME/.atman/logs

# make_logs: makes that folder. What root makes belongs to whoever has the checkout, who may be somebody else next time.
make_logs() {
    mkdir -p "$ATMAN_LOGS"
    ((EUID)) || chown --reference="$ATMAN_HOME" "${ATMAN_LOGS%/*}" "$ATMAN_LOGS"
}

# say TEXT: a line for the user. All of ours go to stderr: stdout is the guest's, or a table's.
say() {
    progress_end
    printf 'atman: %s\n' "$*" >&2
}

# fail TEXT: something went wrong that is not the command line.
fail() {
    say "$*"
    exit 1
}

# misuse TEXT: the command line makes no sense.
misuse() {
    say "$*"
    exit 2
}

# progress TEXT: what is being waited for. On a terminal one line that counts seconds, elsewhere a line when it changes.
progress() {
    if [[ ${progress_text:-} != "$1" ]]; then
        progress_end
        progress_text=$1 progress_start=$SECONDS
        [[ -t 2 ]] || printf 'atman: %s ...\n' "$1" >&2
    fi
    [[ ! -t 2 ]] || printf '\r\033[Katman: %s ... %d s' "$1" $((SECONDS - progress_start)) >&2
}

progress_end() {
    if [[ -n ${progress_text:-} && -t 2 ]]; then echo >&2; fi
    progress_text=
}

# logged NAME TEXT COMMAND...: runs a long command with its output in the log NAME while TEXT shows progress. The
# command is in the foreground, where Ctrl-C reaches it, and the seconds are counted beside it.
logged() {
    local log=$ATMAN_LOGS/$1.log text=$2 ticker status=0
    shift 2
    make_logs
    rm -f "$log"
    progress "$text"
    while sleep 1 && kill -0 $$ 2>/dev/null; do
        progress "$text"
    done &
    ticker=$!
    "$@" >"$log" 2>&1 </dev/null || status=$?
    kill "$ticker"
    wait "$ticker" 2>/dev/null || true
    progress_end
    ((status == 0)) || fail "$text failed: $(grep -m 1 '^E: ' "$log" || tail -n 1 "$log") (all of it: $log)"
}

# enter_work: makes the temporary folder `work`, which is removed when atman ends, however it does; at_exit is a verb's
# to redefine, and runs before that.
work=
enter_work() {
    work=$(mktemp -d) || fail "no temporary folder can be made, see above (\$TMPDIR says where, /tmp without)"
    trap 'leave_work' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
}

# The terminal may be gone by now, and nothing must stop what follows.
leave_work() {
    set +e
    trap '' INT TERM HUP PIPE
    at_exit
    rm -rf "$work"
}

at_exit() {
    :
}

as_root() {
    if ((EUID == 0)); then
        "$@"
    else
        sudo "$@"
    fi
}
