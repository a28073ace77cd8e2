# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# Guests that are shut down, saved and restored, on real Xen: xl save, xl restore, xl save -c; guests that Xen watches;
# and what is left of one that crashed.

# stops_unwatched: asked to, the guest ends cleanly. `xl save -c` takes the xl away that waits for the guest's end.
stops_unwatched() {
    local limit=$((SECONDS + 20))
    xenstore-write "/local/domain/${guest_id:?}/control/shutdown" poweroff
    until [[ $(xl list "$guest_id" | awk 'NR == 2 { print $5 }') == *s-* ]]; do
        ((SECONDS < limit)) || fail "the guest did not shut down"
        sleep 0.2
    done
}

# asked WORD: by the toolstack.
asked() {
    xenstore-write "/local/domain/${guest_id:?}/control/shutdown" "$1"
}

# A wish to suspend, which it cannot, is acknowledged and not followed.
Shutdown_CallsHooks_FromTheLastToTheFirst() {
    guest_start shutdown
    console_has serving
    [[ $(xenstore-read "/local/domain/${guest_id:?}/control/feature-"{poweroff,reboot,suspend}) == $'1\n1\n0' ]] ||
        fail "it does not say what it can"
    asked suspend
    until [[ -z $(xenstore-read "/local/domain/$guest_id/control/shutdown") ]]; do guest_runs; done
    asked reboot
    guest_ends reboot
    [[ $(console) == $'serving\nsecond ends, in time\nfirst ends, in time' ]] || fail "they were not called in order"
}

HookThatDoesNotReturn_EndsAtItsDeadline() {
    guest_start shutdown 'cmdline="stuck"'
    console_has serving
    asked poweroff
    guest_ends poweroff
    console_has 'first ends, in time'
    console_has 'shutdown: a hook did not return in time'
}

# Restored twice from one file: they share all their memory, but no random number that was drawn afterwards.
SavedOnce_RestoredTwice_GoesOn_WithOtherRandomNumbers() {
    local randoms
    guest_start suspend
    console_has ready
    guest_save /tmp/saved
    guest_restore /tmp/saved
    console_counts restored 1
    console_has 'clock on, wall on, wrong words 0'
    console_has "domain ${guest_id:?}"
    [[ $(xenstore-read "/local/domain/$guest_id/control/feature-suspend") == 1 ]] || fail "it does not say what it can"
    guest_stops
    guest_destroy
    guest_restore /tmp/saved
    console_counts restored 2
    randoms=$(console | sed -n 's/.* random //p' | sort -u | wc -l)
    ((randoms == 2)) || fail "both drew the same number"
    guest_stops
}

SavedAndLetGoOn_IsTheSameDomain() {
    guest_start suspend
    console_has ready
    xl save -c "${guest_id:?}" /tmp/saved
    console_counts cancelled 1
    console_lacks restored
    stops_unwatched
}

# While threads ask XenStore all the time: those that had asked when the hooks came to rest do not run before they are
# told to go on.
Suspend_WithRequestOutstanding_RunsNobodyAfterHooks() {
    guest_start suspend_busy
    console_has ready
    save_and_restore
    console_counts restored 1
    save_and_restore
    console_counts restored 2
    console_counts 'suspended: AT_OK' 2
    console_lacks 'a thread ran'
    guest_stops
}

# FIFO event channels and version 2 of the grant table, which a restored domain has to ask for again; and a grant table
# that had grown into a window: the window was lost when the domain was saved.
WhatThePlatformDoesNotUse_WorksAgain() {
    guest_start suspend_xen
    console_has ready
    guest_save /tmp/saved
    console_has 'before: 0 failed'
    guest_restore /tmp/saved
    console_has 'restored: 0 failed'
    guest_ends poweroff
}

Net_UnderTraffic_Twice() {
    net_rounds 2
}

Net_SavedAndLetGoOn_KeepsItsDevice() {
    guest_start suspend_net
    console_has 'device initialized'
    net_prints_frame 1
    xl save -c "${guest_id:?}" /tmp/saved
    console_counts cancelled 1
    net_prints_frame 2
    stops_unwatched
}

# start_queues: a guest with two queues. netback offers as many as its host has CPUs, or as many as it is told to.
start_queues() {
    echo 2 >/sys/module/xen_netback/parameters/max_queues
    guest_start suspend_queues
    console_counts "open, 2 queues, split" 1
    frame_arrives 1
}

Queues_SavedAndRestored_GoOn() {
    start_queues
    save_and_restore
    console_counts 'restored, 2 queues, split' 1
    frame_arrives 2
    echo 1 >/sys/module/xen_netback/parameters/max_queues # a host with fewer
    save_and_restore
    console_counts 'restored, 1 queues, split' 1
    frame_arrives 3
    console_lacks ended
    guest_stops
}

# Taken away and given back; then the driver in dom0 is taken from the device and given back, as when it is loaded anew.
Queues_ThatWent_AreOpenedAgain() {
    start_queues
    xl network-detach "${guest_id:?}" 0
    console_counts 'ended: AT_CLOSED' 1
    xl network-attach "$guest_id" bridge=xenbr0
    console_counts 'open, 2 queues, split' 2
    frame_arrives 2
    echo "vif-${guest_id:?}-0" >/sys/bus/xen-backend/drivers/vif/unbind
    echo "vif-$guest_id-0" >/sys/bus/xen-backend/drivers/vif/bind
    XENBUS_PATH=/local/domain/0/backend/vif/$guest_id/0 vif=vif$guest_id.0 /etc/xen/scripts/vif-bridge online
    console_counts 'ended: AT_CLOSED' 2
    console_counts 'open, 2 queues, split' 3
    frame_arrives 3
    guest_stops
}

Connection_GoesOn() {
    connection_rounds 1
}

Watchdog_EndsAGuestThatStandsStill() {
    guest_start watchdog 'cmdline="stand still"'
    console_has watched
    guest_ends watchdog
}

Watchdog_LetsAGuestThatSleepsLive() {
    guest_start watchdog
    guest_ends poweroff
}

# told REGEX: `./atman crash` said so.
told() {
    grep -qE -- "$1" /tmp/told || fail "nothing is told that matches '$1'"
}

# crashes HOW REGEX: a guest ends so, and the dump of its memory is told of: by REGEX, and more.
crashes() {
    guest_start crash "cmdline=\"$1\""
    guest_ends crash
    xl dump-core "${guest_id:?}" /tmp/core
    crash.sh /tmp/core "$(type -P crash.debug)" >/tmp/told
    cat /tmp/told
    told "$2"
    told '^      main at .*crash\.c:[0-9]+$'
    told '^  trace: -[0-9.]+ ms  step 0x0+1f  by main at .*crash\.c:[0-9]+$'
    told '^  trace: -[0-9.]+ ms  sched_op 0x3 = 0  by at_xen_'
}

# What is on the console is the same.
Exception_LeavesACapsule() {
    crashes exception '^atman: exception #PF  rip 0x'
    told '^  err 0x0+  cr2 0x0+8 '
    told '^      read_nowhere at .*crash\.c:[0-9]+$'
    told '^ +.inlined by. look_at_nothing at .*crash\.c:[0-9]+$'
    told '^ledger: the test: grants 42'
    told '^  trace: -[0-9.]+ ms  about to look 0x0+  by look_at_nothing at .*crash\.c:[0-9]+$'
    ! grep -q 'step 0x0*f ' /tmp/told || fail "an event is told that is older than the last"
    console_has 'ledger: the test'
    crash.sh "$(console_file)" "$(type -P crash.debug)" >/tmp/told_of_log
    diff /tmp/told /tmp/told_of_log || fail "of the console's log something else is told than of the dump"
    ! crash.sh /tmp/core "$(type -P watchdog.debug)" >/tmp/other 2>&1 || fail "a dump of another build is told"
    grep -q 'not of the build' /tmp/other || fail "it does not say that the build is another"
}

Panic_LeavesACapsule() {
    crashes panic '^atman: panic: as the test wants it'
    told '^ledger: the test: grants 42'
}

# Xen ends the guest, which cannot say anything: it is all told from its memory.
StackOverflow_IsToldOfTheDump() {
    crashes overflow '^atman: no report, .* rip 0x'
    told '^  the boot stack is full$'
    told '^      go_deeper at '
    told '^  trace: -[1-9][0-9]*\.[0-9]+ ms  step 0x0+1f  by main at .*crash\.c:[0-9]+$'
    console_lacks 'atman: '
}
