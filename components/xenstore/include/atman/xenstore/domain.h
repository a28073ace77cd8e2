/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_XENSTORE_DOMAIN_H
#define ATMAN_XENSTORE_DOMAIN_H

/*
 * Where XenStore keeps what it knows of a domain, this one or another.
 */

#include <stddef.h>
#include <stdint.h>

#include <atman/base/status.h>

#ifdef __cplusplus
extern "C" {
#endif

struct at_xenstore;

/* Longest path of a domain's directory, "/local/domain/65535", with its NUL. */
#define AT_XENSTORE_DOMAIN_PATH_SIZE 32

/*
 * at_xenstore_domain_path stores the directory of domain `domid` in `path`, NUL-terminated, whether or not there is
 * such a domain. AT_TOO_BIG: the server's is longer than AT_XENSTORE_DOMAIN_PATH_SIZE.
 */
at_status at_xenstore_domain_path(struct at_xenstore *xs, char path[AT_XENSTORE_DOMAIN_PATH_SIZE], uint16_t domid,
                                  uint64_t deadline_ns);

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_XENSTORE_DOMAIN_H */
