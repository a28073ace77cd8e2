# SPDX-License-Identifier: ISC
"""Everything the kit takes from elsewhere. The only place that names upstream versions and checksums."""

load(":local_clang.bzl", "local_clang")
load(":local_gcc.bzl", "local_gcc")
load(":upstream.bzl", "upstream_archive")
load(":xen_headers.bzl", "xen_headers")

def atman_repositories():
    """Defines @bearssl, @boringssl, @googletest, @local_clang, @local_gcc, @lwip, @musl and @xen_headers."""
    upstream_archive(
        name = "bearssl",
        build_file = Label("//third_party:bearssl.BUILD"),
        debian = "bearssl",
        # Upstream's archive without T0Comp.exe, a program for Windows that Debian cannot build.
        sha256 = "102a625bd8f6155260867a50c508df8d8c3f796985dd744df1a68e5cd1a79004",
        strip_prefix = "bearssl-0.6",
        url = "https://deb.debian.org/debian/pool/main/b/bearssl/bearssl_0.6+dfsg.1.orig.tar.xz",
    )
    upstream_archive(
        name = "boringssl",
        build_file = Label("//third_party:boringssl.BUILD"),
        debian = "android-platform-external-boringssl",
        # Android's, in which the assembly has been made: upstream's own archives need Perl and Go for that.
        sha256 = "583b7aeee1fca68b8244d086cea6fca23bd19d517bd63f0b9de714e048f92a7d",
        strip_prefix = "android-platform-external-boringssl-13.0.0+r24",
        url = "https://deb.debian.org/debian/pool/main/a/android-platform-external-boringssl/" +
              "android-platform-external-boringssl_13.0.0+r24.orig.tar.xz",
    )
    upstream_archive(
        name = "googletest",
        build_file = Label("//third_party:googletest.BUILD"),
        debian = "googletest",
        sha256 = "81964fe578e9bd7c94dfdb09c8e4d6e6759e19967e397dbea48d1c10e45d0df2",
        strip_prefix = "googletest-release-1.12.1",
        url = "https://github.com/google/googletest/archive/release-1.12.1/googletest-release-1.12.1.tar.gz",
    )
    upstream_archive(
        name = "lwip",
        build_file = Label("//third_party:lwip.BUILD"),
        debian = "lwip",
        sha256 = "0a8276d09fc4e97bbba2f953d74af2388fc2195ea156be9d7589e297a68fde24",
        strip_prefix = "lwip-2.1.3",
        url = "https://deb.debian.org/debian/pool/main/l/lwip/lwip_2.1.3+dfsg1.orig.tar.xz",
    )
    upstream_archive(
        name = "musl",
        build_file = Label("//third_party:musl.BUILD"),
        debian = "musl",
        sha256 = "7d5b0b6062521e4627e099e4c9dc8248d32a30285e959b7eecaa780cf8cfd4a4",
        strip_prefix = "musl-1.2.3",
        url = "https://musl.libc.org/releases/musl-1.2.3.tar.gz",
    )
    xen_headers(name = "xen_headers")
    local_clang(name = "local_clang")
    local_gcc(name = "local_gcc")
