# SPDX-License-Identifier: ISC
"""tidy_test: clang-tidy and clang's layering check over the C sources of programs and of what they are made of."""

load(":guest.bzl", "guest_transition")

_TidyInfo = provider(fields = {
    "maps": "depset of clang's module maps: which library has which header",
    "modules": "the names of those that whoever depends on this may include headers of",
    "own": "the verdicts of its own sources",
    "verdicts": "depset of files, one for each source without a finding",
})

# The attributes that lead to libraries; `elf` to the program of a kernel.
_EDGES = ["deps", "elf", "library", "uses"]

def _listed(value):
    if type(value) == "dict":
        return value.keys()
    if type(value) == "list":
        return value
    return [value] if value else []

def _headers(files):
    return [file for file in files if file.extension in ["h", "inc"]]

def _module_map(ctx, name, below):
    """Says which headers are the library's, and of which libraries it may include any."""
    lines = ["module \"{}\" {{".format(name), "  export *"]
    for header in _headers(ctx.rule.files.hdrs) if hasattr(ctx.rule.files, "hdrs") else []:
        lines.append("  textual header \"{}\"".format(header.path))
    for header in _headers(ctx.rule.files.srcs):
        lines.append("  private textual header \"{}\"".format(header.path))
    for module in [module for info in below for module in info.modules]:
        lines.append("  use \"{}\"".format(module))
    out = ctx.actions.declare_file(ctx.label.name + ".tidy/modules.map")
    ctx.actions.write(out, "\n".join(lines + ["}", ""]))
    return out

def _flags(target, ctx, name, maps):
    context = target[CcInfo].compilation_context
    return (
        ["-xc", "-std=c11"] +
        ["-I" + folder for folder in context.includes.to_list()] +
        ["-iquote" + folder for folder in context.quote_includes.to_list()] +
        ["-isystem" + folder for folder in context.system_includes.to_list()] +
        ["-D" + define for define in context.defines.to_list() + ctx.rule.attr.local_defines] +
        [option for option in ctx.rule.attr.copts if option[:2] in ["-D", "-I"] or option[:5] == "-std="] +
        ["-fmodules-decluse", "-Wprivate-header", "-Xclang", "-fmodule-map-file-home-is-cwd", "-fmodule-name=" + name] +
        ["-fmodule-map-file=" + map.path for map in maps.to_list()]
    )

def _tidy_source(target, ctx, source, flags, inputs):
    verdict = ctx.actions.declare_file("{}.tidy/{}.txt".format(target.label.name, source.basename))
    ctx.actions.run_shell(
        command = """
            verdict=$1 config=$2 source=$3 && shift 3
            clang-tidy-14 --quiet --config-file="$config" --checks='-clang-analyzer-*' "$source" -- "$@" \\
                >"$verdict" 2>"$verdict.log" || {
                type clang-tidy-14 >/dev/null || echo "clang-tidy-14 is not installed: run ./atman setup"
                cat "$verdict" "$verdict.log"
                exit 1
            }
            rm "$verdict.log"
        """,
        arguments = [verdict.path, ctx.file._config.path, source.path] + flags,
        inputs = inputs,
        mnemonic = "AtmanTidy",
        outputs = [verdict],
        progress_message = "Tidying " + source.short_path,
        use_default_shell_env = True,
    )
    return verdict

def _tidy_impl(target, ctx):
    below = [
        dep[_TidyInfo]
        for name in _EDGES
        for dep in _listed(getattr(ctx.rule.attr, name, None))
        if _TidyInfo in dep
    ]
    maps = depset(transitive = [info.maps for info in below])
    verdicts = depset(transitive = [info.verdicts for info in below])
    if ctx.rule.kind not in ["cc_binary", "cc_library"] or target.label.workspace_name == "musl":
        # The C library's headers are everybody's, whoever hands them on.
        # A component stands for its library.
        library = getattr(ctx.rule.attr, "library", None)
        modules = library[_TidyInfo].modules if library and _TidyInfo in library else []
        return [_TidyInfo(maps = maps, modules = modules, own = [], verdicts = verdicts)]

    name = str(target.label)
    own = []
    maps = depset([_module_map(ctx, name, below)], transitive = [maps])
    if not target.label.workspace_name and CcInfo in target:
        ours = [source for source in ctx.rule.files.srcs if source.extension == "c" and source.is_source]

        # A component that is headers only.
        ours = ours or (ctx.rule.files.hdrs if target.label.name.endswith(".library") else [])
        inputs = depset(
            ctx.rule.files.srcs + [ctx.file._config],
            transitive = [maps, target[CcInfo].compilation_context.headers],
        )
        flags = _flags(target, ctx, name, maps)
        own = [_tidy_source(target, ctx, source, flags, inputs) for source in ours if not source.owner.workspace_name]
    return [_TidyInfo(maps = maps, modules = [name], own = own, verdicts = depset(own, transitive = [verdicts]))]

_tidy = aspect(
    implementation = _tidy_impl,
    attr_aspects = _EDGES,
    attrs = {"_config": attr.label(allow_single_file = True, default = "//:.clang-tidy")},
)

def _tidy_test_impl(ctx):
    own = [verdict for dep in ctx.attr.host for verdict in dep[_TidyInfo].own]
    verdicts = depset(own, transitive = [dep[_TidyInfo].verdicts for dep in ctx.attr.guest])
    launcher = ctx.actions.declare_file(ctx.label.name)
    said = "clang-tidy finds nothing in {} files, and none includes what its library does not declare"
    said = said.format(len(verdicts.to_list()))
    ctx.actions.write(launcher, "#!/bin/sh\necho '{}'\n".format(said), is_executable = True)
    return [DefaultInfo(executable = launcher, runfiles = ctx.runfiles(transitive_files = verdicts))]

tidy_test = rule(
    implementation = _tidy_test_impl,
    attrs = {
        "guest": attr.label_list(aspects = [_tidy], cfg = guest_transition),
        "host": attr.label_list(aspects = [_tidy]),
        "_allowlist_function_transition": attr.label(
            default = "@bazel_tools//tools/allowlists/function_transition_allowlist",
        ),
    },
    doc = """Does not build where clang-tidy has something to say of `guest`, as it is for a guest, or of the kit's
libraries below it, or of `host`, libraries and programs of this machine, or where one of them includes a header of a
library that is not among its own `deps`.""",
    test = True,
)
