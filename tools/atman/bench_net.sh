# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# bench_net.sh: `atman bench net`.
# shellcheck disable=SC2034,SC2154 # what bench.sh and the files that it sources have

readonly BENCH_NET=$ATMAN_HOME/bench/net
readonly NET_KERNELS=(netstack sockets https)
readonly NET_SUBJECTS=("${NET_KERNELS[@]}" linux)
readonly NET_MEASURES=(ping http time_wait bulk tls idle boot smallest image)

help_bench_net() {
    cat <<END
bench net measures what serving costs a guest and prints a table: the servers of //examples, what netstack does by BSD
sockets, and beside them, in the same dom0, a Linux guest with nginx and iperf3. Without further words everything is
measured, which takes about ten minutes; with some only these:

    SUBJECT         ${NET_SUBJECTS[*]}
    MEASURE         ${NET_MEASURES[*]}

bench/net/README.md has the recorded results and says how they were taken. nginx is fetched from Debian's archive and
kept in .atman, not installed.
END
}

bench_net() {
    local subjects=() measures=() word
    for word in "$@"; do
        if [[ " ${NET_SUBJECTS[*]} " == *" $word "* ]]; then
            subjects+=("$word")
        elif [[ " ${NET_MEASURES[*]} " == *" $word "* ]]; then
            measures+=("$word")
        else
            misuse "bench net measures ${NET_MEASURES[*]} of ${NET_SUBJECTS[*]}, not '$word'"
        fi
    done
    ((${#subjects[@]})) || subjects=("${NET_SUBJECTS[@]}")
    ((${#measures[@]})) || measures=("${NET_MEASURES[@]}")
    ensure_packages
    bench_net_pack
    MACHINE_PROGRAMS=(ab iperf3 "$ATMAN_HOME/bazel-bin/bench/boot/domain_cpu")
    # Linux thinks that QEMU's CPU needs no care with absent pages, and Xen would end it for that.
    MACHINE_XEN_OPTIONS=pv-l1tf=false
    bench_start "$work/job" null
    bench_net_sizes
    bench_follow 1800
    bench_net_print
}

# bench_net_label SUBJECT...: what is built for it.
bench_net_label() {
    local subject
    for subject in "$@"; do
        if [[ $subject == sockets ]]; then echo //bench/net:sockets; else echo "//examples:$subject"; fi
    done
}

bench_net_pack() {
    local job=$work/job subject built kernels=()
    for subject in "${subjects[@]}"; do
        [[ $subject == linux ]] || kernels+=("$subject")
    done
    # shellcheck disable=SC2046 # a word for each label
    build $(bench_net_label "${kernels[@]}") //bench/boot:domain_cpu
    mkdir "$job"
    for subject in "${kernels[@]}"; do
        built=$(built_file "$(bench_net_label "$subject")")
        cp -L "$built" "$built.cfg" "$job"
    done
    if [[ " ${subjects[*]} " == *' linux '* ]]; then
        find_nginx
        "$BENCH_NET/linux.sh" "$job" "$nginx" || fail "the Linux guest cannot be built, see above (./atman setup)"
    fi
    cp "$BENCH_NET/measure.sh" "$job/run"
    declare -p subjects measures | sed 's/^declare -[-a-z]* //' >"$job/settings"
}

# Leaves nginx's program in `nginx`. Installed, it would serve this machine too.
find_nginx() {
    local kept=$ATMAN_HOME/.atman/nginx
    nginx=$(PATH=$PATH:/usr/sbin type -P nginx) && return
    nginx=$kept/usr/sbin/nginx
    [[ ! -x $nginx ]] || return 0
    mkdir "$work/nginx"
    logged bench-nginx "fetching nginx from Debian's archive" fetch_package nginx "$work/nginx"
    mkdir -p "$kept"
    dpkg-deb -x "$work/nginx"/*.deb "$kept"
}

# fetch_package NAME FOLDER
fetch_package() {
    cd "$2" && apt-get -q download "$1"
}

bench_net_sizes() {
    local subject
    for subject in "${NET_KERNELS[@]}"; do
        [[ ! -e $work/job/$subject ]] || measured[$subject.image]=$(stat -c %s "$work/job/$subject")
    done
}

# The table is rows.txt, with what was measured put in.
bench_net_print() {
    local name measure what goal subject
    echo "| instructions of the guest | goal$(printf ' | %s' "${subjects[@]}") |"
    echo "| --- | ---$(printf ' | %.0s---' "${subjects[@]}") |"
    while IFS='|' read -r name measure what goal; do
        [[ $name && $name != \#* && " ${measures[*]} " == *" $measure "* ]] || continue
        printf '| %s | %s' "$what" "$goal"
        for subject in "${subjects[@]}"; do
            printf ' | %s' "${measured[$subject.$name]:-}"
        done
        echo ' |'
    done <"$BENCH_NET/rows.txt"
}
