# SPDX-License-Identifier: ISC
"""atman_tls_identity and atman_tls_trust: certificates and keys as constant data of a program."""

load("@rules_cc//cc:defs.bzl", "cc_library")

_COMPONENT = str(Label("//components/tls"))
_TOOL = str(Label("//components/tls:credentials"))

def _object(name, kind, files, **kwargs):
    source = name + ".tls.c"
    header = name + ".tls/" + name + ".h"
    native.genrule(
        name = name + ".data",
        srcs = files,
        outs = [source],
        cmd = "$(location {}) {} {} $@ {}".format(
            _TOOL,
            kind,
            name,
            " ".join(["$(location {})".format(file) for file in files]),
        ),
        message = "Reading the certificates of",
        tools = [_TOOL],
        visibility = ["//visibility:private"],
    )
    native.genrule(
        name = name + ".header",
        outs = [header],
        cmd = "printf '%s\\n' '/* Made by atman_tls_{kind}(). */' '#pragma once' '' {includes} '' > $@".format(
            kind = kind,
            includes = " ".join(["'{}'".format(line) for line in [
                "#include <atman/tls/credentials.h>",
                "",
                "#ifdef __cplusplus",
                "extern \"C\" {",
                "#endif",
                "extern const struct at_tls_{} {};".format(kind, name),
                "#ifdef __cplusplus",
                "}",
                "#endif",
            ]]),
        ),
        visibility = ["//visibility:private"],
    )
    cc_library(
        name = name,
        srcs = [source],
        hdrs = [header],
        includes = [name + ".tls"],
        linkstatic = True,
        deps = [
            _COMPONENT,
            "@bearssl",
        ],
        **kwargs
    )

def atman_tls_identity(name, certificates, key, **kwargs):
    """Defines the library `name`, whose header "`name`.h" declares `const struct at_tls_identity name`.

    Building it fails with a sentence when a file is not what it should be, or the key not the certificate's. The key is
    in the image as it is: whoever can read the image is who the certificate says.

    Args:
      name: of the library and of the C object.
      certificates: a file with the server's certificate and those that lead to an authority (PEM), or its own (DER).
      key: a file with its private key (PEM or DER, not encrypted): P-256 or another NIST curve, or RSA.
      **kwargs: as for cc_library (visibility, testonly, ...).
    """
    _object(name, "identity", [certificates, key], **kwargs)

def atman_tls_trust(name, certificates, **kwargs):
    """Defines the library `name`, whose header "`name`.h" declares `const struct at_tls_trust name`.

    Args:
      name: of the library and of the C object.
      certificates: files with the certificates of authorities that are believed (PEM with any number, or DER).
      **kwargs: as for cc_library.
    """
    _object(name, "trust", certificates, **kwargs)
