# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# What the platform promises an application and only dom0 can judge: the command line, both directions of the console,
# the wall clock, the domain's end, and threads that die or wait for ever.

# run_oneshot ARGUMENTS: the guest does what they say and powers off.
run_oneshot() {
    guest_start oneshot "cmdline='$1'"
    guest_ends poweroff
}

# letters COUNT: a word of so many bytes.
letters() {
    printf 'x%.0s' $(seq "$1")
}

# pause_console_daemon SECONDS: nobody reads what guests print, for so long at most, whatever becomes of the case.
pause_console_daemon() {
    kill -STOP "$(pidof xenconsoled)"
    setsid bash -c 'sleep "$1" && kill -CONT "$(pidof xenconsoled)"' - "$1" >/dev/null 2>&1 &
    console_alarm=$!
}

continue_console_daemon() {
    kill "$console_alarm"
    kill -CONT "$(pidof xenconsoled)"
}

CommandLine_Quotes_KeepBlanksTogether() {
    run_oneshot 'arguments say "hello  world" key="a b"c ""'
    [[ $(console) == '0: <atman>
1: <arguments>
2: <say>
3: <hello  world>
4: <key=a bc>
5: <>
null' ]] || fail "the arguments are not the words of the command line"
}

CommandLine_None_IsTheNameOnly() {
    guest_start oneshot
    guest_ends crash
    console_has 'exit status 99'
}

# 1,023 bytes are what Xen hands over: the first word and a blank take ten.
CommandLine_LongestThereIs_ArrivesWhole() {
    run_oneshot "arguments $(letters 1013)"
    [[ $(console) == "0: <atman>
1: <arguments>
2: <$(letters 1013)>
null" ]] || fail "the long argument did not arrive as it was given"
}

CommandLine_MoreWordsThanFit_LastHoldsTheRest() {
    run_oneshot "arguments$(printf ' %s' {2..40})"
    console_has "30: <30>"
    console_has "31: <$(echo {31..40})>"
    console_has null
}

ExitStatus_Zero_IsPoweroff() {
    local how
    for how in return exit; do
        run_oneshot "$how 0"
        console_lacks atman
    done
}

ExitStatus_AnyOther_IsCrashAndOnTheConsole() {
    local how
    for how in 'return 1' 'return 255' 'return -1' 'exit 256' 'exit -2147483648' 'exit 2147483647'; do
        guest_start oneshot "cmdline='$how'"
        guest_ends crash
        [[ $(console) == "atman: exit status ${how#* }" ]] || fail "$how: the console is not that status"
        guest_destroy
    done
}

Abort_IsAPanic() {
    guest_start oneshot 'cmdline="abort"'
    guest_ends crash
    console_has 'atman: panic: abort() called'
}

# The last words are on the ring, and nobody takes them: whoever ends the domain waits a second, and no longer. It is
# unpaused when the clock runs already, so that what xl needs makes the time longer, never shorter.
End_WaitsUntilTheConsoleIsRead() {
    local how start took
    for how in arguments 'exit 1' abort; do
        configure_guest oneshot "cmdline='$how'"
        guests_started+=("waits-${how% *}")
        guest_create "${guests_started[-1]}" /tmp/guest.cfg -p
        pause_console_daemon 15
        start=$(milliseconds)
        xl unpause "${guest_id:?}"
        guest_wait_end 10 || fail "$how: the guest waits for ever for its console to be read"
        took=$(($(milliseconds) - start))
        continue_console_daemon
        ((took >= 1000)) || fail "$how: the guest ended after $took ms, and did not wait for its console to be read"
        ((took <= 5000)) || fail "$how: the guest ended only after $took ms"
    done
}

Entropy_DiffersFromBootToBoot() {
    local first
    run_oneshot entropy
    first=$(console)
    [[ $first =~ ^'entropy '[0-9a-f]{32}$ ]] || fail "the guest has no entropy: $first"
    run_oneshot entropy
    [[ $(console) != "$first" ]] || fail "two boots got the same numbers"
}

WallClock_IsDom0s() {
    local before seconds
    before=$(date +%s)
    run_oneshot wall
    seconds=$(console)
    seconds=${seconds#wall } seconds=${seconds%.*}
    ((seconds >= before - 2 && seconds <= $(date +%s) + 2)) ||
        fail "the guest's clock said $seconds when dom0's was between $before and $(date +%s)"
}

# type_line TEXT: as a user does who is at `xl console`.
type_line() {
    echo "$1" >"$(xenstore-read "/local/domain/${guest_id:?}/console/tty")"
}

Console_Input_ArrivesAndIsAnswered() {
    guest_start echo
    console_has listening
    type_line 'hello guest'
    console_has '11: hello guest'
    type_line ''
    console_matches '^0: $'
    type_line end
    guest_ends poweroff
}

# More than the input ring holds, and more than the output ring holds.
Console_LongLines_ArriveWhole() {
    local i
    guest_start echo
    console_has listening
    for i in 1 2 3; do
        type_line "$i$(letters 4000)"
        console_has "4001: $i$(letters 4000)"
    done
    type_line end
    guest_ends poweroff
}

Console_PrintedText_ReachesTheTerminal() {
    local terminal
    guest_start echo
    console_has listening
    terminal=$(xenstore-read "/local/domain/${guest_id:?}/console/tty")
    exec {terminal}<>"$terminal"
    echo 'to and fro' >&"$terminal"
    timeout 10 grep -q -m 1 '10: to and fro' <&"$terminal" || fail "the terminal does not show what the guest prints"
    echo end >&"$terminal"
    guest_ends poweroff
}

# As with the boot stack, Xen itself ends the domain, and says so. (The test of protection has the boot stack's.)
ThreadStack_Overflow_DiesOnItsGuard() {
    guest_start threads 'cmdline="overflow"'
    guest_ends crash
    console_has 'about to overflow'
    console_lacks survived
    console_lacks 'atman: '
    xl dmesg | grep "Domain ${guest_id:?} (vcpu#0) crashed" || fail "xl dmesg does not show who ended the domain"
}

ThreadStacks_AreMemoryAgainAfterwards() {
    guest_start threads 'cmdline="reuse-stacks"' memory=4
    guest_ends poweroff
    console_has 'wrote all of'
}

Deadlock_NamesThreadsAndWhatTheyWaitFor() {
    guest_start threads 'cmdline="deadlock"'
    guest_ends crash
    console_has 'sched: deadlock: no thread is ready, no timer pending, no event to come'
    console_has '  thread "main" waits for the end of thread "ann"'
    console_has '  thread "ann" waits for mutex "knife" of thread "bob"'
    console_has '  thread "bob" waits for mutex "fork" of thread "ann"'
    console_has 'atman: panic: sched: deadlock'
}

XenStore_ManyThreadsAsk_EachGetsItsAnswerAndOthersRun() {
    guest_start threads 'cmdline="crowd"'
    console_matches '^[0-9]+ requests in [0-9]+ round trips$' 30
    guest_runs
    xenstore-write "/local/domain/${guest_id:?}/data/word" now
    guest_ends poweroff
    console_has "told 'now'"
}
