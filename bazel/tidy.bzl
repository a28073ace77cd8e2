# SPDX-License-Identifier: ISC
"""tidy_test: clang-tidy over the C sources of libraries and of what they are made of."""

_TidyInfo = provider(fields = {"verdicts": "depset of files, one for each source without a finding"})

def _flags(target, ctx):
    context = target[CcInfo].compilation_context
    return (
        ["-std=c11"] +
        ["-I" + folder for folder in context.includes.to_list()] +
        ["-iquote" + folder for folder in context.quote_includes.to_list()] +
        ["-isystem" + folder for folder in context.system_includes.to_list()] +
        ["-D" + define for define in context.defines.to_list() + ctx.rule.attr.local_defines] +
        [option for option in ctx.rule.attr.copts if option[:2] == "-D" or option[:2] == "-I"]
    )

def _is_ours(source):
    return source.extension == "c" and source.is_source and not source.owner.workspace_name

def _tidy_impl(target, ctx):
    below = [
        dep[_TidyInfo].verdicts
        for name in ["deps", "library", "uses"]
        for dep in _listed(getattr(ctx.rule.attr, name, None))
        if _TidyInfo in dep
    ]
    verdicts = []
    if ctx.rule.kind == "cc_library" and not target.label.workspace_name:
        headers = target[CcInfo].compilation_context.headers
        for source in [source for source in ctx.rule.files.srcs if _is_ours(source)]:
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
                arguments = [verdict.path, ctx.file._config.path, source.path] + _flags(target, ctx),
                inputs = depset(ctx.rule.files.srcs + [ctx.file._config], transitive = [headers]),
                mnemonic = "AtmanTidy",
                outputs = [verdict],
                progress_message = "Tidying " + source.short_path,
                use_default_shell_env = True,
            )
            verdicts.append(verdict)
    return [_TidyInfo(verdicts = depset(verdicts, transitive = below))]

def _listed(value):
    if type(value) == "dict":
        return value.keys()
    if type(value) == "list":
        return value
    return [value] if value else []

_tidy = aspect(
    implementation = _tidy_impl,
    attr_aspects = ["deps", "library", "uses"],
    attrs = {"_config": attr.label(allow_single_file = True, default = "//:.clang-tidy")},
)

def _tidy_test_impl(ctx):
    verdicts = depset(transitive = [dep[_TidyInfo].verdicts for dep in ctx.attr.deps])
    launcher = ctx.actions.declare_file(ctx.label.name)
    ctx.actions.write(launcher, "#!/bin/sh\necho 'clang-tidy finds nothing in {} files of C'\n".format(
        len(verdicts.to_list()),
    ), is_executable = True)
    return [DefaultInfo(executable = launcher, runfiles = ctx.runfiles(transitive_files = verdicts))]

tidy_test = rule(
    implementation = _tidy_test_impl,
    attrs = {"deps": attr.label_list(aspects = [_tidy])},
    doc = "Does not build where clang-tidy has something to say of `deps`, or of the kit's libraries below them.",
    test = True,
)
