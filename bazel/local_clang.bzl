# SPDX-License-Identifier: ISC
"""local_clang: where the machine's clang is, for fuzzers and for `atman coverage`. Not there: an empty path."""

_TOOLS = ["ar", "cpp", "gcov", "ld", "nm", "objdump", "strip"]

def _ask(ctx, *command):
    run = ctx.execute(list(command), environment = {"LC_ALL": "C"})
    return run.stdout.strip() if run.return_code == 0 else ""

def _local_clang_impl(ctx):
    clang = str(ctx.which("clang") or "")
    tools = {tool: str(ctx.which(tool) or "/bin/false") for tool in _TOOLS}
    tools["gcc"] = clang or "/bin/false"
    tools["objcopy"] = str(ctx.which("objcopy") or "/bin/false")
    includes = []
    own = ""
    if clang:
        # What `clang -v` lists between its two headings, in C++, which includes C's.
        said = ctx.execute(
            [clang, "-E", "-v", "-x", "c++", "/dev/null"],
            environment = {"LC_ALL": "C"},
        ).stderr
        listed = said.split("#include <...> search starts here:")[-1].split("End of search list.")[0]
        includes = [str(ctx.path(line.strip())) for line in listed.split("\n") if line.strip()]

        # The sanitizers' lists of what to leave alone count as included.
        includes.append(_ask(ctx, clang, "-print-resource-dir") + "/share")
        own = _ask(ctx, clang, "-print-resource-dir") + "/include"
    ctx.file("BUILD.bazel", "")
    ctx.file("defs.bzl", "CLANG = {}\nTOOLS = {}\nINCLUDE = {}\nINCLUDES = {}\nVERSION = {}\n".format(
        repr(clang),
        repr(tools),
        repr(own),
        repr(includes),
        repr(_ask(ctx, clang, "--version").split("\n")[0] if clang else ""),
    ))

local_clang = repository_rule(
    implementation = _local_clang_impl,
    doc = "defs.bzl with CLANG, TOOLS (name -> path), INCLUDES (built-in folders), INCLUDE (clang's own) and VERSION.",
    environ = ["PATH"],
    local = True,
)
