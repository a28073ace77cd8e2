# SPDX-License-Identifier: ISC
"""local_gcc: where the machine's gcc and binutils are, for the toolchain that makes kernels."""

_TOOLS = ["ar", "cpp", "gcc", "gcov", "ld", "nm", "objcopy", "objdump", "strip"]

def _ask(ctx, *command):
    run = ctx.execute(list(command), environment = {"LC_ALL": "C"})
    if run.return_code != 0:
        fail("{} failed: {}".format(" ".join(command), run.stderr))
    return run.stdout.strip()

def _local_gcc_impl(ctx):
    tools = {tool: str(ctx.which(tool) or "") for tool in _TOOLS}
    missing = [tool for tool, path in tools.items() if not path]
    if missing:
        fail("{} not found: install the packages gcc and binutils (./atman setup does).".format(", ".join(missing)))
    ctx.file("BUILD.bazel", "")
    ctx.file("defs.bzl", "TOOLS = {}\nINCLUDE = {}\nVERSION = {}\n".format(
        repr(tools),
        repr(_ask(ctx, tools["gcc"], "-print-file-name=include")),
        repr(_ask(ctx, tools["gcc"], "--version").split("\n")[0]),
    ))

local_gcc = repository_rule(
    implementation = _local_gcc_impl,
    doc = "defs.bzl with TOOLS (name -> path), INCLUDE (gcc's freestanding headers) and VERSION.",
    environ = ["PATH"],
    local = True,
)
