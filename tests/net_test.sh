# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# examples/net on real Xen, with dom0's Linux as the back-end: what its documentation shows, byte for byte; what it says
# when there is no device; that it ends when asked.

readonly GUEST_MAC=00:16:3e:4d:4e:04 DOM0_MAC=08:00:27:a2:0c:15
readonly NO_ADDRESS="Network device initialized:
  Mac address: $GUEST_MAC
  IP address:  ENOENT"

# start_net [SETTING]...: a guest whose device is connected.
start_net() {
    guest_start net "$@"
    console_has 'IP address:'
}

# send_frame TO FROM TYPE, in hexadecimal without colons: a whole Ethernet frame from dom0.
send_frame() {
    # shellcheck disable=SC2001 # sed is plainer here
    printf '%b' "$(sed 's/../\\x&/g' <<<"$1$2$3")$(printf '\\0%.0s' {1..46})" | socat -u - INTERFACE:xenbr0
}

Start_PrintsThreeLines() {
    start_net
    [[ $(console | head -n 3) == "$NO_ADDRESS" ]] || fail "the first three lines are not as promised"
}

IpKey_IsShown() {
    start_net "vif=[\"ip=10.0.0.2,mac=$GUEST_MAC,bridge=xenbr0\"]"
    console_matches '^  IP address:  10\.0\.0\.2$'
}

# What describes so much memory does not fit into what the builder has mapped: its page tables are among those pages.
LargeGuest_Receives() {
    start_net memory=1350
    arping -c 1 -w 2 -I xenbr0 10.0.0.2 || true
    console_has "rx: packet from=\"$DOM0_MAC\" to=\"ff:ff:ff:ff:ff:ff\" type=0x0806 (ARP)"
}

Arping_PrintsAnArpLine() {
    start_net
    arping -c 1 -w 2 -I xenbr0 10.0.0.2 || true # net does not answer
    console_matches "^rx: packet from=\"$DOM0_MAC\" to=\"ff:ff:ff:ff:ff:ff\" type=0x0806 \(ARP\)$"
}

Ping_PrintsAnIpv4Line() {
    start_net
    ip neighbour replace 10.0.0.2 lladdr $GUEST_MAC dev xenbr0 nud permanent
    ping -c 1 -W 1 10.0.0.2 || true
    console_matches "^rx: packet from=\"$DOM0_MAC\" to=\"$GUEST_MAC\" type=0x0800 \(IPV4\)$"
}

Types_HaveNamesOrNumbers() {
    start_net
    send_frame ffffffffffff 020000000001 8100
    send_frame ffffffffffff 020000000002 86dd
    send_frame ffffffffffff 020000000003 88b5
    console_has 'rx: packet from="02:00:00:00:00:01" to="ff:ff:ff:ff:ff:ff" type=0x8100 (VLAN)'
    console_has 'rx: packet from="02:00:00:00:00:02" to="ff:ff:ff:ff:ff:ff" type=0x86dd (IPV6)'
    console_has 'rx: packet from="02:00:00:00:00:03" to="ff:ff:ff:ff:ff:ff" type=0x88b5 (0x88b5)'
}

# Twice as many frames as the ring has places: every buffer must have come back.
ManyFrames_AllBuffersAreUsedAgain() {
    start_net
    ip neighbour replace 10.0.0.2 lladdr $GUEST_MAC dev xenbr0 nud permanent
    ping -q -i 0.002 -c 600 -W 1 10.0.0.2 || true
    send_frame ffffffffffff 020000000009 88b5
    console_has 'from="02:00:00:00:00:09"' 20
    (($(console | grep -c IPV4) >= 512)) || fail "only $(console | grep -c IPV4) of 600 frames were printed"
}

NoDevice_SaysSoAndFails() {
    guest_start net 'vif=[]'
    guest_ends crash
    console_has 'No network device'
    console_has 'exit status 1'
}

# A hotplug script that does nothing leaves netback waiting, and the guest with it.
BackendThatNeverConnects_SaysSoAndFails() {
    guest_start net 'vif=["script=/usr/bin/true"]'
    guest_ends crash 30
    console_has 'never connected'
    console_has 'exit status 1'
}

# Takes 0.3 to 0.5 s on a machine with nothing else to do; the limit is for one that has.
Shutdown_EndsItSoon() {
    start_net
    guest_stops
}

Reboot_IsWhatTheDomainEndsWith() {
    start_net
    timeout 10 xl reboot "${guest_id:?}"
    guest_ends reboot
}

# As an operator has it: xl builds the domain again, under the same name.
Reboot_RestartsIt() {
    configure_guest net 'name="again"' 'on_reboot="restart"'
    xl create /tmp/guest.cfg
    guest=again
    console_has 'IP address:'
    timeout 10 xl reboot again
    local limit=$((SECONDS + 20))
    until (($(console | grep -c 'Network device initialized:') == 2)); do
        ((SECONDS < limit)) || fail "the guest did not come back"
        sleep 0.2
    done
}

ShutdownBeforeConnecting_EndsIt() {
    guest_start net
    guest_stops
}

TwoMiB_AreEnough() {
    start_net memory=2
    arping -c 1 -w 2 -I xenbr0 10.0.0.2 || true
    console_has '(ARP)'
    guest_stops
}
