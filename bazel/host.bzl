# SPDX-License-Identifier: ISC
"""atman_host_program: an application of the kit as a Linux process, on a model of Xen."""

load("@rules_cc//cc:defs.bzl", "cc_binary")

def atman_host_program(name, srcs, deps = [], linkopts = [], **kwargs):
    """Defines a program that runs on this machine: `bazel run` it, debug it, build it with --config=asan.

    The sources and dependencies are those of an atman_kernel; <atman/guest.h> is what platforms/host makes of it.
    `bazel run TARGET -- --help` says what the platform's own options are.

    Args:
      name: of the program.
      srcs: C11 with a main().
      deps: the components it is made of.
      linkopts: further options for the linker.
      **kwargs: as for cc_binary.
    """
    cc_binary(
        name = name,
        testonly = True,  # as the model is
        srcs = srcs,
        linkopts = ["-Wl,--wrap=main"] + linkopts,
        linkstatic = True,
        target_compatible_with = ["@platforms//os:linux"],
        deps = deps + [
            str(Label("//platforms/host/guest")),
            str(Label("//platforms/host:seams")),
        ],
        **kwargs
    )
