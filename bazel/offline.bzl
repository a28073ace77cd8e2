# SPDX-License-Identifier: ISC
"""Stand-ins for the repositories that Debian's Bazel 4.2 would otherwise download."""

def _stand_in_impl(ctx):
    for path, content in ctx.attr.files.items():
        ctx.file(path, content, executable = False)

_stand_in = repository_rule(
    implementation = _stand_in_impl,
    attrs = {"files": attr.string_dict(mandatory = True, doc = "path -> content")},
    doc = "A repository made of the files given.",
)

_CC_RULES = ["cc_binary", "cc_import", "cc_library", "cc_test", "cc_toolchain", "cc_toolchain_suite"]
_JAVA_RULES = ["java_binary", "java_import", "java_library", "java_runtime", "java_test", "java_toolchain"]

def _native(rules):
    return "".join(["{0} = native.{0}\n".format(rule) for rule in rules])

def offline_repositories():
    """Makes the rule sets that are built into Bazel 4.2 loadable under the names that newer versions need.

    Call it first in the WORKSPACE file. A repository that the workspace has defined already is left as it is.
    """
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
