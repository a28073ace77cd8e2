# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# tap.sh, to be sourced with a test's arguments: what tests of examples as Linux processes share. The rest of the
# test runs in a network of its own, which this process may make, with 10.0.0.1 on the device tap0, in its folder.
#
#   start PROGRAM WORD...     the example, on tap0; its process is `running`, what it prints in the file `said`
#   ends_in_order             asked to shut down, it ends with status 0
#   verdict STATUS NAME       of a case; `status` is the test's
#   file NAME                 where one of the test's files is

PATH=$PATH:/usr/sbin:/sbin # ip, which Bazel's PATH does not have
if [[ ${1:-} != inside ]]; then
    if unshare -n true 2>/dev/null; then isolate=(unshare -n); else isolate=(unshare -rn); fi
    exec "${isolate[@]}" "$0" inside "$@"
fi
shift
cd "$TEST_TMPDIR" || exit 1
ip tuntap add tap0 mode tap && ip addr add 10.0.0.1/24 dev tap0 && ip link set tap0 up || exit 1
status=0

file() {
    echo "$TEST_SRCDIR/$TEST_WORKSPACE/$1"
}

start() {
    local program
    program=$(file "$1")
    shift
    "$program" --tap=tap0 "$@" >said 2>&1 </dev/null &
    running=$!
}

ends_in_order() {
    kill -INT "$running"
    wait "$running"
}

verdict() {
    if (($1 == 0)); then echo "PASS $2"; else echo "FAIL $2" && head -n 50 said server names 2>/dev/null; status=1; fi
}
