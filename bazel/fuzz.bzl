# SPDX-License-Identifier: ISC
"""atman_fuzz_test: a libFuzzer target that a test runs for a while, and `./atman fuzz` for as long as you like."""

load("@rules_cc//cc:defs.bzl", "cc_binary")

# How a fuzzer is built, whatever the command line says about host programs.
_FUZZ = {
    "//command_line_option:collect_code_coverage": False,
    "//command_line_option:copt": [],
    "//command_line_option:features": [],
    "//command_line_option:linkopt": [],
    "//command_line_option:platforms": [Label("//platforms:fuzz")],
    "//command_line_option:strip": "never",  # a finding is a stack with lines
}

def _fuzz_transition_impl(_settings, attr):
    if attr.shares:
        return _FUZZ
    return dict(_FUZZ, **{"//command_line_option:features": ["-trace_loads"]})

_fuzz_transition = transition(
    implementation = _fuzz_transition_impl,
    inputs = [],
    outputs = _FUZZ.keys(),
)

def _fuzz_test_impl(ctx):
    fuzzer = ctx.attr.fuzzer[0][DefaultInfo].files_to_run.executable
    launcher = ctx.actions.declare_file(ctx.label.name)
    ctx.actions.write(launcher, "\n".join([
        "#!/bin/sh",
        "ATMAN_FUZZ_ENTROPIC={} exec {} {}".format(int(ctx.attr.entropic), ctx.file._runner.short_path, " ".join(
            ["'{}'".format(path) for path in [str(ctx.label), str(ctx.attr.seconds), fuzzer.short_path] +
                                             [file.short_path for file in ctx.files.corpus]],
        )),
        "",
    ]), is_executable = True)
    return [DefaultInfo(
        executable = launcher,
        runfiles = ctx.runfiles(files = [fuzzer, ctx.file._runner] + ctx.files.corpus),
    )]

_fuzz_test = rule(
    implementation = _fuzz_test_impl,
    attrs = {
        "corpus": attr.label_list(allow_files = True),
        "entropic": attr.bool(mandatory = True),
        "fuzzer": attr.label(cfg = _fuzz_transition, mandatory = True),
        "seconds": attr.int(mandatory = True),
        "shares": attr.bool(mandatory = True),
        "_allowlist_function_transition": attr.label(
            default = "@bazel_tools//tools/allowlists/function_transition_allowlist",
        ),
        "_runner": attr.label(allow_single_file = True, default = "//platforms/fuzz:run.sh"),
    },
    test = True,
)

# Calls nothing of libFuzzer's where so many bytes are compared: platforms/fuzz/src/comparisons.c.
def _ignore_comparisons(size):
    return ["-Wl,--wrap=__sanitizer_cov_trace_{}cmp{}".format(const, size) for const in ["", "const_"]]

def atman_fuzz_test(
        name,
        srcs,
        corpus,
        deps = [],
        linkopts = [],
        seconds = 30,
        entropic = True,
        shares = True,
        compares_8 = True,
        **kwargs):
    """Defines a fuzzer and the test `name`, which runs it on its corpus and then on what it thinks of.

    ATMAN_FUZZ_SECONDS is how long instead of `seconds`, ATMAN_FUZZ_KEEP a folder where it keeps what finds new paths:
    `./atman fuzz` sets both. What makes it fail is left in the test's outputs.

    Args:
      name: ends in _fuzz.
      srcs: C++17 that defines LLVMFuzzerTestOneInput().
      corpus: inputs to begin with, as glob(["fuzz/corpus/NAME/*"]).
      deps: what is fuzzed, and its fakes.
      linkopts: for the linker, as of cc_binary.
      seconds: how long it thinks in a test.
      entropic: whether inputs that reach rare places are tried more often. To keep count of that costs more than it
        brings where every input reaches thousands.
      shares: whether it shares memory with its peer (at_fuzz_share()). If not, what asks the peer before every load is
        left out.
      compares_8: whether what is compared in 8 bytes guides it, as 4 bytes and less always do. In a protocol of small
        fields it is pointers, and where many lists are walked a fifth of the time.
      **kwargs: as for every test.
    """
    cc_binary(
        name = name + ".bin",
        testonly = True,
        srcs = srcs,
        linkopts = linkopts + _ignore_comparisons(1) + _ignore_comparisons(2) +
                   ([] if compares_8 else _ignore_comparisons(8)),
        linkstatic = True,
        tags = ["manual"],  # only by the transition: the host's compiler need not know libFuzzer
        target_compatible_with = [str(Label("//platforms:fuzzed"))],
        visibility = ["//visibility:private"],
        deps = deps + [
            str(Label("//platforms/fuzz:peer")),
            str(Label("//platforms/host:seams")),
        ],
    )
    _fuzz_test(
        name = name,
        size = "medium",
        corpus = corpus,
        entropic = entropic,
        fuzzer = name + ".bin",
        seconds = seconds,
        shares = shares,
        # Where the kit is a dependency, the toolchain for it is registered by whoever wants it.
        tags = ["fuzz"] + ([] if native.repository_name() == "@" else ["manual"]),
        target_compatible_with = ["@platforms//os:linux"],
        testonly = True,
        **kwargs
    )
