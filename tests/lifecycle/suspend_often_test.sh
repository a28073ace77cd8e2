# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# What lifecycle_test does twice or once, fifty times in a row, and a large guest. Takes a quarter of an hour: by
# command only.

Net_UnderTraffic_FiftyTimes() {
    net_rounds 50
}

Connection_GoesOn_FiftyTimes() {
    connection_rounds 50
}

# More than a GiB: p2m's list is of more than one page. dom0 has half of that: what is saved is packed as it comes.
MoreThanOneGib_IsSavedAndRestored() {
    guest_start suspend memory=1100
    console_has ready 60
    mkfifo /tmp/pipe
    gzip -1 </tmp/pipe >/tmp/saved.gz &
    timeout 500 xl save "${guest_id:?}" /tmp/pipe
    wait $!
    gunzip -c /tmp/saved.gz >/tmp/pipe &
    rm -f "$GUEST_LOGS/xl-$guest.log"
    timeout 500 xl restore /tmp/pipe
    guest_id=$(xl domid "$guest")
    console_counts restored 1
    console_has 'clock on, wall on, wrong words 0'
    guest_stops
}
