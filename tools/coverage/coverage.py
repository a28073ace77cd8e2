#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""coverage.py [--missing] COMPONENT[,COMPONENT]... LEAST PROFILE PROGRAM...: which way the kit's C code went.

PROFILE is what llvm-profdata merged, each PROGRAM a test that was compiled with -fcoverage-mapping. A condition has two
branches, a case of a switch one; a branch counts as taken if any program took it, in whichever copy of the code (an
inline function is in many). A condition that is 0 or 1 has none. Status 1 if a component's share of taken branches is
below LEAST per cent, or if one of its sources, unless it has no function of its own, is in no program.
"""

import collections
import glob
import json
import re
import subprocess
import sys

EXPANSION = 1  # kinds of regions: llvm/ProfileData/Coverage/CoverageMapping.h
OURS = re.compile(r"(?:.*/)?(components/([a-z0-9_]+)/(?:src|include)/.*\.[ch])$")


def export(profile, program):
    """What llvm-cov knows of a program."""
    command = ["llvm-cov-14", "export", "-format=text", "-instr-profile=" + profile, program]
    result = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    # A weak function that another took the place of (libc's alone.c) is described in the program and has no counts.
    said = re.sub(rb"warning: \d+ functions have mismatched data\n", b"", result.stderr)
    sys.stderr.buffer.write(said)
    return json.loads(result.stdout)["data"][0]


def place(function, branch, expansions):
    """Where a branch is: its file and line, outside of macros, and what tells it from others there."""
    within = []
    where, file = branch[:4], branch[6]
    while file in expansions:
        within.append(tuple(where))
        where, file = expansions[file][:4], expansions[file][5]
    return function["filenames"][file], where[0], (tuple(where), tuple(within))


def add_branches(data, taken):
    for function in data["functions"]:
        if not any(OURS.match(name) for name in function["filenames"]):
            continue
        expansions = {region[6]: region for region in function["regions"] if region[7] == EXPANSION}
        for branch in function["branches"]:
            name, line, which = place(function, branch, expansions)
            ours = OURS.match(name)
            if ours:
                counts = taken[ours[1]].setdefault((line, which), [0, 0])
                counts[0] += branch[4]
                counts[1] += branch[5]


def line_counts(segments):
    """How often each line ran, as llvm-cov itself counts it (LineCoverageStats)."""
    by_line = collections.defaultdict(list)
    for segment in segments:
        by_line[segment[0]].append(segment)
    wrapped = None
    for line in range(segments[0][0], segments[-1][0] + 1) if segments else []:
        begun = [s[2] for s in by_line[line] if s[3] and s[4] and not s[5]]
        if begun or (wrapped and wrapped[3]):
            yield line, max(begun + ([wrapped[2]] if wrapped and wrapped[3] else []))
        if by_line[line]:
            wrapped = by_line[line][-1]


def add_lines(data, run):
    for file in data["files"]:
        ours = OURS.match(file["filename"])
        for line, count in line_counts(file["segments"]) if ours else []:
            run[ours[1]][line] += count


def is_constant(source, line, which):
    """Whether the text of a condition says that it has one result only: the 0 of do { } while (0)."""
    (first, begin, last, end), within = which
    return not within and first == last and source[line - 1][begin - 1:end - 1] in ("0", "1")


def main():
    arguments = sys.argv[1:]
    missing = arguments[0] == "--missing"
    components, least, profile, *programs = arguments[missing:]
    taken = collections.defaultdict(dict)
    run = collections.defaultdict(collections.Counter)
    for program in programs:
        data = export(profile, program)
        add_branches(data, taken)
        add_lines(data, run)
    totals = collections.defaultdict(lambda: [0, 0, 0, 0])
    for name in sorted(name for name in run if OURS.match(name)[2] in components.split(",")):
        source = open(name, encoding="utf-8").read().split("\n")
        total = totals[OURS.match(name)[2]]
        for (line, which), counts in sorted(taken[name].items()):
            if is_constant(source, line, which):
                continue
            total[0] += sum(count > 0 for count in counts)
            total[1] += len(counts)
            if missing and not all(counts):
                ways = "neither way" if not any(counts) else "never true" if not counts[0] else "never false"
                print("%s:%d: %s: %s" % (name, line, ways, source[line - 1].strip()))
        total[2] += sum(count > 0 for count in run[name].values())
        total[3] += len(run[name])
    return report(totals, set(run), float(least))


def report(totals, seen, least):
    status = 0
    print("%-12s %8s %6s %9s %8s %6s %9s" % ("", "branches", "taken", "", "lines", "run", ""))
    for name in sorted(totals):
        taken, branches, run, lines = totals[name]
        share = 100 * taken / branches if branches else 100
        low = share < least
        print("%-12s %8d %6d %8.1f%% %8d %6d %8.1f%%%s" % (name, branches, taken, share, lines, run, 100 * run / lines,
                                                         "  below %g%%" % least if low else ""))
        status |= low
        for source in glob.glob("components/%s/src/*.c" % name):
            if source not in seen and re.search(r"^\{", open(source, encoding="utf-8").read(), re.MULTILINE):
                print("%s: in no test" % source)
                status = 1
    return status


sys.exit(main())
