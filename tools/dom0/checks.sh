# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# checks.sh: what the cases of a xen_test are written with. A case is a function; it fails when a check or any other
# command of it does. All checks but the first speak of the guest started last.
#
#   guest_start KERNEL [SETTING]...    a guest of one of the test's kernels, started as its .cfg says, changed by
#                                      settings in xl's language: memory=2 'cmdline="a b"' 'vif=["bridge=xenbr0"]'
#   guest_refused KERNEL [SETTING]...  the same guest, and xl must refuse to create it
#   guest_ends REASON [SECONDS]        it shuts down by itself: poweroff, crash, ... Wait at most SECONDS (20)
#   guest_stops [MILLISECONDS]         asked as xl shutdown asks, it ends with poweroff within MILLISECONDS (5000)
#   guest_runs                         it has not ended
#   console_has TEXT [SECONDS]         a line of its console contains TEXT, now or within SECONDS (10)
#   console_matches REGEX [SECONDS]    a line matches
#   console_lacks TEXT                 no line so far contains TEXT
#   console                            prints it
#   url_answers URL [SECONDS]          a GET of it succeeds, now or within SECONDS (10); wants curl
#   guest_passes KERNEL [SETTING]...   the guest runs a suite: prints `PASS name` or `FAIL name why` for each of its
#                                      cases and ends with poweroff if all passed. Each is reported as a case of its own
#   fail TEXT                          the case fails, and says so

guests_started=()

explain() {
    [[ -e $WHY ]] || echo "$*" >"$WHY"
}

fail() {
    explain "$*"
    exit 1
}

configure_guest() {
    local kernel=$1
    shift
    [[ -f kernels/$kernel ]] || fail "the test has no kernel '$kernel'"
    guest_read "kernels/$kernel.cfg"
    printf '%s\n' "${guest_text:?}" "kernel=\"$PWD/kernels/$kernel\"" "$@" >/tmp/guest.cfg
}

guest_start() {
    configure_guest "$@"
    guests_started+=("$1-${#guests_started[@]}-$BASHPID")
    guest_create "${guests_started[-1]}" /tmp/guest.cfg || fail "xl did not create the guest: ${guest_refusal:?}"
}

guest_refused() {
    configure_guest "$@"
    ! guest_create refused-$BASHPID /tmp/guest.cfg || fail "xl created a guest that it should refuse"
}

guest_ends() {
    guest_wait_end "${2:-20}" || fail "the guest still runs after ${2:-20} s"
    [[ $(guest_reason) == "$1" ]] || fail "the guest ended with reason $(guest_reason), not $1"
}

guest_runs() {
    ! guest_ended || fail "the guest has ended, reason $(guest_reason)"
}

# Writes what xl writes: starting xl would take a good part of the time that is measured.
guest_stops() {
    local limit=${1:-5000} start took
    start=$(milliseconds)
    xenstore-write "/local/domain/${guest_id:?}/control/shutdown" poweroff
    guest_ends poweroff
    took=$(($(milliseconds) - start))
    echo "ended $took ms after it was asked to"
    ((took <= limit)) || fail "the guest took $took ms to shut down, more than $limit"
}

console_file() {
    echo "$GUEST_LOGS/console/guest-$guest.log"
}

console() {
    cat "$(console_file)"
}

# console_holds HOW TEXT: whether a line is there now that contains TEXT, or, if HOW is =~, matches it.
console_holds() {
    local lines line
    mapfile -t lines <"$GUEST_LOGS/console/guest-$guest.log"
    for line in "${lines[@]}"; do
        if [[ $1 == '=~' ]]; then
            [[ ! $line =~ $2 ]] || return 0
        else
            [[ $line != *"$2"* ]] || return 0
        fi
    done
    return 1
}

# console_eventually SECONDS HOW TEXT: waits for a line. The last look comes after a guest has ended and the console
# daemon had the time to write down its last words.
console_eventually() {
    local end=$((SECONDS + $1)) last=0
    until console_holds "$2" "$3"; do
        ((!last)) || return 1
        if guest_ended || ((SECONDS >= end)); then
            guest_pause 0.5
            last=1
        else
            guest_pause 0.1
        fi
    done
}

console_has() {
    console_eventually "${2:-10}" '==' "$1" || fail "the console lacks '$1'"
}

console_matches() {
    console_eventually "${2:-10}" '=~' "$1" || fail "no line of the console matches '$1'"
}

console_lacks() {
    ! console_holds '==' "$1" || fail "the console has '$1'"
}

url_answers() {
    local end=$((SECONDS + ${2:-10}))
    until curl --silent --show-error --fail --globoff --insecure --max-time 5 --output /dev/null "$1"; do
        if guest_ended || ((SECONDS >= end)); then fail "$1 does not answer"; fi
        guest_pause 0.1
    done
}

guest_passes() {
    local verdict name why count=0
    guest_start "$@"
    guest_wait_end 60 || fail "the suite's guest still runs after 60 s"
    while read -r verdict name why; do
        case $verdict in
            PASS) event pass "$1.$name" 0 ;;
            FAIL) event fail "$1.$name" 0 "$why" ;;
            *) continue ;;
        esac
        count=$((count + 1))
    done < <(console)
    ((count)) || fail "the suite printed no verdict"
    guest_ends poweroff
}

# What a case left running in the background.
stop_children() {
    jobs -p | xargs -r kill 2>/dev/null || true
}

# For the log: what each guest of the case printed, and how it ended.
show_guests() {
    for guest in "${guests_started[@]}"; do
        echo "---- console of $guest"
        console
        if guest_ended; then
            echo "---- $guest ended: $(guest_reason)"
        else
            echo "---- $guest did not end"
        fi
    done
}
