# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# What lifecycle_test does twice or once, fifty times in a row. Takes some ten minutes: by command only.

Net_UnderTraffic_FiftyTimes() {
    net_rounds 50
}

Connection_GoesOn_FiftyTimes() {
    connection_rounds 50
}
