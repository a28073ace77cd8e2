# SPDX-License-Identifier: ISC
"""atman_host_program: an application of the kit as a Linux process, on a model of Xen."""

load("@rules_cc//cc:defs.bzl", "cc_binary", "cc_library")
load(":guest_object.bzl", "guest_object")

_GUEST = str(Label("//platforms/host/guest"))
_PROGRAM = str(Label("//platforms/host/guest:program"))
_SEAMS = str(Label("//platforms/host:seams"))

# What the model consists of as well: the process has each of them once.
_SHARED = [str(Label("//components/" + name)) for name in ["base", "mm", "sched", "xen", "xenstore"]]

def _with_guest_libc(name, srcs, deps):
    """An object with `srcs` and the guest's C library, in guest code."""
    cc_library(
        name = name + ".main",
        testonly = True,
        srcs = srcs,
        target_compatible_with = [str(Label("//platforms:xen_pv_guest"))],
        visibility = ["//visibility:private"],
        deps = deps,
    )
    guest_object(
        name = name + ".guest",
        testonly = True,
        entry = "at_host_program",
        visibility = ["//visibility:private"],
        without = _SHARED,
        deps = [name + ".main", _PROGRAM],
    )
    return [name + ".guest"]

def atman_host_program(name, srcs, deps = [], guest_libc = False, linkopts = [], **kwargs):
    """Defines a program that runs on this machine: `bazel run` it, debug it, build it with --config=asan.

    The sources and dependencies are those of an atman_kernel; <atman/guest.h> is what platforms/host makes of it.
    `bazel run TARGET -- --help` says what the platform's own options are.

    Args:
      name: of the program.
      srcs: C11 with a main().
      deps: the components it is made of.
      guest_libc: whether sockets, threads and the rest of the C library are the guest's too, as programs need that use
        <atman/guest_sockets.h>. What is above the platform is then the guest's object code.
      linkopts: further options for the linker.
      **kwargs: as for cc_binary.
    """
    if guest_libc:
        srcs = _with_guest_libc(name, srcs, deps)
        deps = _SHARED
        linkopts = ["-no-pie", "-Wl,--defsym=main=at_host_program"] + linkopts  # for a fixed address, as in a guest
    cc_binary(
        name = name,
        testonly = True,  # as the model is
        srcs = srcs,
        linkopts = ["-Wl,--wrap=main"] + linkopts,
        linkstatic = True,
        target_compatible_with = ["@platforms//os:linux"],
        deps = deps + [_GUEST, _SEAMS],
        **kwargs
    )
