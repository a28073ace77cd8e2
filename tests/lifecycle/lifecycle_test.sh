# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# Guests that are saved and restored, on real Xen: xl save, xl restore, xl save -c; and guests that Xen watches.

# stops_unwatched: asked to, the guest ends cleanly. `xl save -c` takes the xl away that waits for the guest's end.
stops_unwatched() {
    local limit=$((SECONDS + 20))
    xenstore-write "/local/domain/${guest_id:?}/control/shutdown" poweroff
    until [[ $(xl list "$guest_id" | awk 'NR == 2 { print $5 }') == *s-* ]]; do
        ((SECONDS < limit)) || fail "the guest did not shut down"
        sleep 0.2
    done
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
    guest_stops 5000
    guest_destroy
    guest_restore /tmp/saved
    console_counts restored 2
    randoms=$(console | sed -n 's/.* random //p' | sort -u | wc -l)
    ((randoms == 2)) || fail "both drew the same number"
    guest_stops 5000
}

SavedAndLetGoOn_IsTheSameDomain() {
    guest_start suspend
    console_has ready
    xl save -c "${guest_id:?}" /tmp/saved
    console_counts cancelled 1
    console_lacks restored
    stops_unwatched
}

Net_UnderTraffic_ThreeTimes() {
    net_rounds 3
}

Net_SavedAndLetGoOn_KeepsItsDevice() {
    guest_start suspend_net
    console_has open
    frame_arrives 1
    xl save -c "${guest_id:?}" /tmp/saved
    console_counts 'cancelled after' 1
    frame_arrives 2
    stops_unwatched
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
