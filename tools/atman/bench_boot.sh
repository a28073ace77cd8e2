# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# bench_boot.sh: `atman bench boot`.
# shellcheck disable=SC2034,SC2154 # what bench.sh and the files that it sources have

readonly BENCH_BOOT=$ATMAN_HOME/bench/boot

help_bench_boot() {
    cat <<'END'
bench boot measures what booting costs and prints it beside the recorded results (bench/boot/results.txt, which says how
they were taken). One to three minutes.
END
}

bench_boot() {
    (($# == 0)) || misuse "bench boot takes no arguments"
    ensure_packages
    build //examples:hello //examples:net //bench/boot:round_trips //bench/boot:domain_cpu
    bench_boot_start
    measure_images
    bench_follow 600 trace bench_trace
    measure_trace
    print_results
}

measure_images() {
    local kernel
    for kernel in hello net; do
        measured[${kernel}_image]=$(stat -L -c %s "$ATMAN_HOME/bazel-bin/examples/$kernel")
    done
}

bench_boot_start() {
    local job=$work/job kernel text text_size
    mkdir "$job"
    for kernel in examples/hello examples/net bench/boot/round_trips; do
        cp -L "$ATMAN_HOME/bazel-bin/$kernel" "$ATMAN_HOME/bazel-bin/$kernel.cfg" "$job"
    done
    cp "$BENCH_BOOT/measure.sh" "$job/run"
    hello=$ATMAN_HOME/bazel-bin/examples/hello.debug
    MACHINE_PROGRAMS=("$ATMAN_HOME/bazel-bin/bench/boot/domain_cpu")
    mkfifo "$work/terminal.in" "$work/terminal.out"
    # Held open at both ends, so that QEMU need not wait for us.
    # shellcheck disable=SC2034
    exec {bench_in}<>"$work/terminal.in" {bench_out}<>"$work/terminal.out"
    read -r _ _ text _ _ text_size _ < <(readelf -lW "$hello" | grep -m 1 'LOAD.* R E ')
    ATMAN_QEMU="${ATMAN_QEMU:-} -D $work/trace.log -dfilter $text+$text_size -mon chardev=monitor"
    ATMAN_QEMU+=" -chardev socket,id=monitor,path=$work/monitor,server=on,wait=off"
    bench_start "$job" "pipe,path=$work/terminal"
}

# From here on the emulator writes down every instruction that it executes inside hello's text.
bench_trace() {
    progress "tracing hello"
    printf '%s\n' 'singlestep on' 'log exec,nochain' | socat -t 2 - "UNIX-CONNECT:$work/monitor" >/dev/null
    echo go >&"$bench_in"
}

# hello's own instructions, and the hypercalls among them, up to the first that comes from its source file: a kernel is
# compiled as one program, so main need not be a function of the image.
measure_trace() {
    local own
    sed -n 's|^Trace [^/]*/0*\([0-9a-f]*\)/.*|\1|p' "$work/trace.log" >"$work/executed"
    addr2line -e "$hello" <"$work/executed" >"$work/lines"
    own=$(grep -n -m 1 'examples/hello\.c:' "$work/lines" | cut -d : -f 1) ||
        bench_fail "hello was traced, but not as far as main"
    objdump -d "$hello" | sed -n 's/^ *\([0-9a-f]*\):.*\tsyscall.*/\1/p' >"$work/gates"
    measured[hello_entry_instructions]=$((own - 1))
    measured[hello_entry_hypercalls]=$(head -n $((own - 1)) "$work/executed" | grep -cxFf "$work/gates")
}

# The table is results.txt, with what was measured put in.
print_results() {
    local name what goal recorded others
    printf '%-58s %12s %12s %12s   %s\n' '' now recorded goal others
    while IFS='|' read -r name what goal recorded others; do
        [[ $name && $name != \#* ]] || continue
        printf '%-58s %12s %12s %12s   %s\n' "$what" "${measured[$name]:-none}" "$recorded" "$goal" "$others"
    done <"$BENCH_BOOT/results.txt"
}
