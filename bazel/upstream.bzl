# SPDX-License-Identifier: ISC
"""upstream_archive: a release of another project, unpacked under a BUILD file of ours."""

def _extract(ctx, url):
    return ctx.download_and_extract(
        url = url,
        sha256 = ctx.attr.sha256,
        stripPrefix = ctx.attr.strip_prefix,
        allow_fail = True,
    ).success

def _from_apt(ctx):
    """Lets apt fetch the archive from its Debian source package. Returns its path, or None."""
    ctx.file("apt/.keep", "")
    run = ctx.execute(
        ["sh", str(ctx.path(ctx.attr._apt_source)), ctx.attr.debian, ctx.attr.sha256],
        environment = {"LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"},
        timeout = 300,
        working_directory = "apt",
    )
    return str(ctx.path("apt/" + run.stdout.strip())) if run.return_code == 0 else None

def _upstream_archive_impl(ctx):
    file = ctx.attr.url.split("/")[-1]

    # Nothing is at this address, but Bazel looks into its repository cache (by checksum) and into every --distdir (by
    # file name) before it finds that out and warns.
    got = _extract(ctx, "file:///neither-in-the-cache-nor-in-a-distdir/" + file)
    if not got:
        ctx.report_progress("asking apt for the source package " + ctx.attr.debian)
        archive = _from_apt(ctx)
        got = archive and _extract(ctx, "file://" + archive)
        ctx.delete("apt")
    if not got and not _extract(ctx, ctx.attr.url):
        fail(("the source archive {} (sha256 {}) is not in Bazel's repository cache or a --distdir, apt has no " +
              "source package {} with it, and {} does not answer with it: put that file into a directory DIR and say " +
              "--distdir=DIR.").format(file, ctx.attr.sha256, ctx.attr.debian, ctx.attr.url))

    # Whatever build files upstream has give way to ours.
    ctx.file("WORKSPACE", "workspace(name = \"{}\")\n".format(ctx.name))
    ctx.delete("BUILD.bazel")
    ctx.symlink(ctx.attr.build_file, "BUILD.bazel")

upstream_archive = repository_rule(
    implementation = _upstream_archive_impl,
    attrs = {
        "build_file": attr.label(mandatory = True, allow_single_file = True),
        "debian": attr.string(mandatory = True, doc = "Debian source package that carries the archive unchanged"),
        "sha256": attr.string(mandatory = True, doc = "of the archive, wherever it came from"),
        "strip_prefix": attr.string(doc = "folder inside the archive that becomes the repository's root"),
        "url": attr.string(mandatory = True, doc = "upstream's own address; its last part is the name in a --distdir"),
        "_apt_source": attr.label(default = "//bazel:apt_source.sh", allow_single_file = True),
    },
    doc = """An upstream release, looked for in Bazel's repository cache, in every --distdir, in the machine's apt and
at upstream's own address, in this order, and taken from nowhere unless its checksum is the one pinned.""",
)
