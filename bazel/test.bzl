# SPDX-License-Identifier: ISC
"""atman_test: a GoogleTest program that runs on the host."""

load("@rules_cc//cc:defs.bzl", "cc_test")

def atman_test(name, srcs, deps = [], size = "small", **kwargs):
    """Defines a cc_test with GoogleTest's main and the host's implementation of the seams (panic, console, clock, ...).

    Args:
      name: of the test.
      srcs: C++17 or C11.
      deps: what is tested, and its fakes.
      size: how long it may take; unit tests are small.
      **kwargs: as for cc_test.
    """
    cc_test(
        name = name,
        size = size,
        srcs = srcs,
        linkstatic = True,
        target_compatible_with = ["@platforms//os:linux"],
        deps = deps + [
            str(Label("//platforms/host:seams")),
            str(Label("@googletest//:gtest")),
            str(Label("@googletest//:gtest_main")),
        ],
        **kwargs
    )
