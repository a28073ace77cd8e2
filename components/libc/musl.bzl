# SPDX-License-Identifier: ISC
"""How musl's sources are named and compiled."""

def _path(label):
    return "/".join([part for part in [label.workspace_root, label.package] if part])

_MUSL = _path(Label("@musl//:BUILD.bazel"))
_OVERLAY = _path(Label("//components/libc:BUILD"))

# What the sources of ours that are compiled with musl's need to see its internals. The overlay comes before the
# architecture that it overlays.
MUSL_INTERNALS = [
    "-D_XOPEN_SOURCE=700",
    "-I{}/arch".format(_OVERLAY),
    "-I{}/include".format(_OVERLAY),
    "-I{}/arch/x86_64".format(_MUSL),
    "-I{}/arch/generic".format(_MUSL),
    "-I{}/src/include".format(_MUSL),
    "-I{}/src/internal".format(_MUSL),
    "-I{}/include".format(_MUSL),
]

# musl's own flags (its configure and Makefile), quiet: how upstream writes C is upstream's business. Frame pointers
# stay, so that a crash inside printf shows who called it.
MUSL_COPTS = [
    "-std=c99",
    "-w",
    "-fexcess-precision=standard",
    "-frounding-math",
    # gcc may call memcmp() or strlen() where no source does, after it has decided what a whole program needs.
    "-fno-lto",
    # A loop in strlen() must not become a call of strlen().
    "-fno-tree-loop-distribute-patterns",
    # Not musl's: a jump table takes eight bytes for each case, which is 4% of printf.
    "-fno-jump-tables",
    "-Wa,--noexecstack",
] + MUSL_INTERNALS

def musl(folder, files):
    """Labels of files in musl's src/`folder`; C unless the name says otherwise."""
    return ["@musl//:src/{}/{}".format(folder, f if "." in f else f + ".c") for f in files]
