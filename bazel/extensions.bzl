# SPDX-License-Identifier: ISC
"""The same repositories for Bzlmod (Bazel 7 and later)."""

load(":repositories.bzl", "atman_repositories")

def _upstream_impl(_ctx):
    atman_repositories()

upstream = module_extension(implementation = _upstream_impl)
