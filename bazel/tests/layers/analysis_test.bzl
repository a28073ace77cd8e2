# SPDX-License-Identifier: ISC
"""analysis_test: whether Bazel accepts a target, and what it says if not, without building anything."""

def _analysis_test_impl(ctx):
    target = ctx.attr.target[0]  # a list, because of the transition
    messages = []
    if AnalysisFailureInfo in target:
        messages = [cause.message for cause in target[AnalysisFailureInfo].causes.to_list()]
    wanted = ctx.attr.fails_with
    if wanted:
        passed = any([wanted in message for message in messages])
    else:
        passed = not messages
    return [AnalysisTestResultInfo(
        success = passed,
        message = "{}: expected {}, got {}".format(
            target.label,
            "a failure with " + repr(wanted) if wanted else "no failure",
            "\n".join(messages) or "no failure",
        ),
    )]

analysis_test = rule(
    implementation = _analysis_test_impl,
    analysis_test = True,
    attrs = {
        "fails_with": attr.string(doc = "part of the failure's message; empty: the target must be fine"),
        "target": attr.label(
            cfg = analysis_test_transition(settings = {"//command_line_option:allow_analysis_failures": "True"}),
            mandatory = True,
        ),
    },
)
