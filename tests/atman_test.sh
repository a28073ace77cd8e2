#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# The command line of `atman`: help, and what it says to those who get it wrong. What needs Bazel or a machine is tested
# by using it.
set -uo pipefail

status=0

# expect STATUS PATTERN ARGUMENT...: atman ends so, and says something that matches, on one line unless it succeeds.
expect() {
    local want=$1 pattern=$2 said got=0
    shift 2
    said=$(./atman "$@" 2>&1 </dev/null) || got=$?
    if ((got != want)); then
        echo "FAIL atman $*: status $got instead of $want" && status=1
    elif ! grep -qE -- "$pattern" <<<"$said"; then
        echo "FAIL atman $*: nothing like '$pattern' in: $said" && status=1
    elif ((want != 0)) && [[ $said == *$'\n'* ]]; then
        echo "FAIL atman $*: more than one line: $said" && status=1
    else
        echo "PASS atman $*"
    fi
}

expect 0 '^Usage: ./atman VERB' --help
for verb in $(sed -n 's/^verb_\([a-z]*\)() {$/\1/p' tools/atman/*.sh); do
    expect 0 "^Usage: ./atman $verb" "$verb" --help
    expect 0 "^    $verb " --help
done

expect 2 'say what to do'
expect 2 "no verb 'frob'" frob
expect 2 'takes no arguments' setup now
expect 2 'say one target' build
expect 2 'say one target' build //one //two
expect 2 'say which kernel' run
expect 2 '-t wants a number of seconds' fuzz -t soon
expect 2 'does not know --fast' run --fast
expect 2 "not '//examples:net' and 'fast'" run //examples:net fast
expect 2 '-p wants a value' run //examples:net -p
for ports in 80 8080:80/sctp 0:80 8080:65536 8080:999999 a:b 8080:80: localhost:8080:80; do
    expect 2 "-p wants .* not '$ports'" run -p "$ports" //examples:net
    expect 2 "-p wants .* not '$ports'" startvm kernel -p "$ports"
done
expect 2 'one target or none' test //one //two
expect 2 'one target or none' coverage //one //two
expect 2 'one target or none' coverage --frob
expect 2 'say what to measure' bench
expect 2 'say what to measure' bench everything
expect 2 'takes no arguments' bench boot fast
expect 2 "of .*linux, not 'frob'" bench net linux frob
expect 2 "measures .*linux, not 'frob'" bench netfront linux frob
expect 2 'say which kernel' startvm
expect 2 'does not know -x' startvm -x
expect 2 '-m wants a value' startvm kernel -m
expect 2 "-m wants a number" startvm kernel -m lots
expect 2 'is no kernel' startvm /etc/passwd
expect 2 'there is no file' startvm /nonexistent
expect 2 "not 'one' and 'two'" startvm one two
expect 2 'does not know --all' release --all
expect 2 '--to wants a value' release --to
expect 2 "no component 'frob'" release frob
expect 2 'does not know --forget' abi --forget
expect 2 "no component 'frob'" abi frob
expect 2 'say one kernel' image
expect 2 '-o wants a value' image //examples:hello -o
expect 2 'does not know --all' image --all
expect 2 "not '//one' and '//two'" image //one //two
expect 2 "no check 'frob'" check frob
expect 2 'takes --fix or nothing' check format --force
expect 2 "takes no 'now'" check house now
expect 2 'say what to make' new
expect 2 'say what to make' new component
expect 2 "not 'Frob'" new component Frob
expect 2 'one folder or none' docs one two
expect 2 'one folder or none' docs --pdf
for verb in size explain; do
    expect 2 'say one kernel' $verb
    expect 2 'say one kernel' $verb --all
    expect 2 'say one kernel' $verb //one //two
done
for verb in lint inspect; do
    expect 2 'say one file' $verb
    expect 2 'say one file' $verb one two
    expect 2 'say one file' $verb --all
    expect 2 'there is no file' $verb /nonexistent
done
expect 2 'say a log or dump' crash
expect 2 'say a log or dump' crash one
expect 2 'say a log or dump' crash --all two
expect 2 'there is no file' crash /nonexistent /nonexistent
exit $status
