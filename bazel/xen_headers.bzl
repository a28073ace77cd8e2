# SPDX-License-Identifier: ISC
"""xen_headers: Xen's public headers, which define the guest's binary interface.

The interface is stable and its headers hardly change, so each file is pinned by its own checksum: an update of the
package that carries them matters only when it changes one of these. A header that is not listed is not there.
"""

_UPSTREAM = "https://raw.githubusercontent.com/xen-project/xen/RELEASE-4.17.7/xen/include/public/"

_HEADERS = {
    "arch-x86/xen-x86_64.h": "0677a2a2610b44916e34f8ba43b14dda03031aa8ee1b8c4eec4396c3629f0119",
    "arch-x86/xen.h": "e5220298c567c8de0f945236796db8c0afc6cc76513880a05a39ce845b233981",
    "callback.h": "89561d4a91eda5f58dbc3143cc794ad6949bb1aa7035e20291e23e5488d1af9f",
    "elfnote.h": "634a24ec12b96ddd11eb073a580cccf888a2869a9ab40e8eaec9455571568414",
    "errno.h": "480119d73c26a9e3b85b120ebf49e10d52425ad0a88572e80a66885b8d7c6025",
    "event_channel.h": "cf15567e70702bd5281b4fe7717aabd748328625c8c578f26ec1cde4037e4a05",
    "features.h": "580100330d1cc771fd19f6b3b1d7e003f10358c791941589c0d578845da4da8e",
    "grant_table.h": "0ca2a97f28bcaf11271820c15dbeb4fc39134b64541988a6b022d775a3c10871",
    "io/console.h": "7c42fa5df4c4d235498d0a312000438eb2b9d6cb2c3b822500e3ff0d857455fe",
    "io/netif.h": "3c6ddff7ff7b7bb5bb8ab1c7775a9fbfb67d2bc6808dd31e6a92d992ab5399c7",
    "io/ring.h": "ae4bcb21e954b2a55bd570dba1ac5d062a9cad51540586c17cc8e0340280882c",
    "io/xenbus.h": "52603e558cec542a31624a11466786de8c52a3f375bf0e906c810fd6ea6de209",
    "io/xs_wire.h": "00fd2b6d151c341501559ab0209c5371cf72bca52b6e73dd26d59c05fcbc4ee3",
    "memory.h": "b972d5076c79df43d378f343ac43d5c90899f0abb3238f0184d04aac3250a8d9",
    "physdev.h": "1ec16ae9f45ef33aa0d35deec7684c21b4ec47c838469dd3c0c2080d9997674d",
    "sched.h": "f4b2c50b354d1dd3279d0779d7f76408483cd16c805820d549698e82bfb0028c",
    "vcpu.h": "4dae599de61c30f2cb3e0613386c3186a94af2850d71ddd574001ff30eaacba6",
    "version.h": "a142ed8151fbac931d7e713f6909de86ac76049ac705cdb06619615d2406cf0d",
    "xen-compat.h": "0e84ec6238d2a6d393ff5ac3c62ecae6abe00002cf5c6f2879e044e7bdbd0856",
    "xen.h": "b9003511de86421502a79cb628494c206cab8058c28004a20249247a9a1940b2",
}

_BUILD = """load("@rules_cc//cc:defs.bzl", "cc_library")

licenses(["notice"])  # MIT

# Says where this repository is.
exports_files(["WORKSPACE"])

cc_library(
    name = "xen_headers",
    hdrs = glob(["include/xen/**/*.h"]),
    includes = ["include"],
    visibility = ["//visibility:public"],
)
"""

def _from_apt(ctx):
    """Unpacks the package libxen-dev in the repository, installed or not. Returns its header folder."""
    ctx.file("apt/.keep", "")
    ctx.execute(
        ["sh", "-c", "apt-get -q -o APT::Sandbox::User=root download libxen-dev && dpkg-deb -x libxen-dev_*.deb ."],
        environment = {"LC_ALL": "C"},
        timeout = 300,
        working_directory = "apt",
    )
    return str(ctx.path("apt/usr/include/xen")) + "/"

def _xen_headers_impl(ctx):
    unpacked = None
    for header, sha256 in _HEADERS.items():
        # Each of these looks into Bazel's repository cache and into every --distdir first.
        out = "include/xen/" + header
        got = ctx.download("file:///usr/include/xen/" + header, out, sha256 = sha256, allow_fail = True)
        if not got.success:
            unpacked = unpacked or _from_apt(ctx)
            got = ctx.download("file://" + unpacked + header, out, sha256 = sha256, allow_fail = True)
        if not got.success:
            got = ctx.download(_UPSTREAM + header, out, sha256 = sha256, allow_fail = True)
        if not got.success:
            fail(("Xen's public header {} (sha256 {}) is not in Bazel's repository cache or a --distdir, the package " +
                  "libxen-dev has another one or cannot be had, and {} does not answer with it: install libxen-dev " +
                  "(./atman setup does), or put that {} into a directory DIR and say --distdir=DIR.").format(
                header,
                sha256,
                _UPSTREAM + header,
                header.split("/")[-1],
            ))
    ctx.delete("apt")
    ctx.file("WORKSPACE", "workspace(name = \"{}\")\n".format(ctx.name))
    ctx.file("BUILD.bazel", _BUILD)

xen_headers = repository_rule(
    implementation = _xen_headers_impl,
    doc = "Xen's public headers as <xen/xen.h> and so on, from the package libxen-dev or from the Xen project.",
)
