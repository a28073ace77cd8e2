# SPDX-License-Identifier: ISC
"""Stand-ins for the repositories that Debian's Bazel 4.2 would otherwise download."""

def _stand_in_impl(ctx):
    for path, content in ctx.attr.files.items():
        ctx.file(path, content, executable = path.endswith(".sh"))

_stand_in = repository_rule(
    implementation = _stand_in_impl,
    attrs = {"files": attr.string_dict(mandatory = True, doc = "path -> content")},
    doc = "A repository made of the files given.",
)

_CC_RULES = ["cc_binary", "cc_import", "cc_library", "cc_test", "cc_toolchain", "cc_toolchain_suite"]
_JAVA_RULES = ["java_binary", "java_import", "java_library", "java_runtime", "java_test", "java_toolchain"]

_COVERAGE_TOOLS = """
[
    sh_binary(
        name = name,
        srcs = ["missing.sh"],
        visibility = ["//visibility:public"],
    )
    for name in ["coverage_report_generator", "lcov_merger"]
]
"""

_MISSING_SH = """#!/bin/sh
echo "bazel coverage needs its coverage tools, which Debian's Bazel does not carry." >&2
exit 1
"""

def _native(rules):
    return "".join(["{0} = native.{0}\n".format(rule) for rule in rules])

def offline_repositories():
    """Stands in for what Bazel 4.2 has built in or does not need, under the names that are loaded or looked up.

    Every test looks up the coverage tools, so without a stand-in no test would run.

    Call it first in the WORKSPACE file. A repository that the workspace has defined already is left as it is.
    """
    if not native.existing_rule("remote_coverage_tools"):
        _stand_in(name = "remote_coverage_tools", files = {
            "BUILD": _COVERAGE_TOOLS,
            "missing.sh": _MISSING_SH,
        })
    if not native.existing_rule("rules_cc"):
        _stand_in(name = "rules_cc", files = {
            "BUILD": "",
            "cc/BUILD": "",
            "cc/defs.bzl": _native(_CC_RULES),
        })
    if not native.existing_rule("rules_java"):
        _stand_in(name = "rules_java", files = {
            "BUILD": "",
            "java/BUILD": "",
            "java/defs.bzl": _native(_JAVA_RULES),
        })
