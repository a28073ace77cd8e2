# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# bench_netfront.sh: `atman bench netfront`.
# shellcheck disable=SC2034,SC2154 # what bench.sh and the files that it sources have

readonly BENCH_NETFRONT=$ATMAN_HOME/bench/netfront
readonly NETFRONT_SUBJECTS=(front queues poll linux)

help_bench_netfront() {
    cat <<END
bench netfront measures what a packet costs a guest, and how often it calls Xen for it, and prints a table: the driver
as netfront.h opens it, as queues.h does, the same polling, and in the same dom0 a Linux guest. With words only these
subjects: ${NETFRONT_SUBJECTS[*]}. Some minutes. bench/netfront/README.md has the recorded results and says how they
were taken.
END
}

bench_netfront() {
    local subjects=() word job=$work/job
    for word in "$@"; do
        [[ " ${NETFRONT_SUBJECTS[*]} " == *" $word "* ]] ||
            misuse "bench netfront measures ${NETFRONT_SUBJECTS[*]}, not '$word'"
        subjects+=("$word")
    done
    ((${#subjects[@]})) || subjects=("${NETFRONT_SUBJECTS[@]}")
    ensure_packages
    build //bench/netfront:packets //bench/boot:domain_cpu
    mkdir "$job"
    cp -L "$ATMAN_HOME/bazel-bin/bench/netfront/packets" "$ATMAN_HOME/bazel-bin/bench/netfront/packets.cfg" "$job"
    "$BENCH_NETFRONT/linux.sh" "$job" || fail "the Linux guest cannot be built, see above (./atman setup)"
    cp "$BENCH_NETFRONT/measure.sh" "$job/run"
    declare -p subjects | sed 's/^declare -[-a-z]* //' >"$job/settings"
    MACHINE_PROGRAMS=("$ATMAN_HOME/bazel-bin/bench/boot/domain_cpu" pktgen.ko xenalyze /usr/lib/xen-4.17/bin/xentrace)
    # Linux thinks that QEMU's CPU needs no care with absent pages, and Xen would end it for that.
    MACHINE_XEN_OPTIONS=pv-l1tf=false
    bench_start "$job" null
    bench_follow 1800
    bench_netfront_print
}

# The table is rows.txt, with what was measured put in.
bench_netfront_print() {
    local name what subject
    echo "| for each frame$(printf ' | %s' "${subjects[@]}") |"
    echo "| ---$(printf ' | %.0s---' "${subjects[@]}") |"
    while IFS='|' read -r name what; do
        [[ $name && $name != \#* ]] || continue
        printf '| %s' "$what"
        for subject in "${subjects[@]}"; do
            printf ' | %s' "${measured[$subject.$name]:-}"
        done
        echo ' |'
    done <"$BENCH_NETFRONT/rows.txt"
}
