/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_XENSTORE_DIRECTORY_H
#define ATMAN_XENSTORE_DIRECTORY_H

/*
 * Lists of children that are longer than a message. at_xenstore_directory() of xenstore.h is enough for those of a
 * guest's own; a tool's directories, or 128 devices, may take more than 4 KiB.
 */

#include <stddef.h>
#include <stdint.h>

#include <atman/base/status.h>

#ifdef __cplusplus
extern "C" {
#endif

struct at_xenstore;

/* Bytes of room that at_xenstore_list() needs beyond the names. */
#define AT_XENSTORE_LIST_EXTRA 32

/* How often at_xenstore_list() begins anew when the directory changed under it. */
#define AT_XENSTORE_LIST_TRIES 16

/*
 * at_xenstore_list copies the names of the children of `path` to `names`, each ended by a NUL, `*size` bytes in all;
 * walk them with at_xenstore_next_name(). All of them are as they were at one moment. Blocks, for one round trip per
 * 4 KiB of names.
 *
 * Returns AT_OK; AT_TOO_BIG when `capacity` is less than the names and AT_XENSTORE_LIST_EXTRA; AT_AGAIN when the
 * directory changed in each of AT_XENSTORE_LIST_TRIES tries; AT_UNSUPPORTED when the server has no XS_DIRECTORY_PART;
 * AT_PROTOCOL, which ends the connection, for an answer that is none; otherwise as said in xenstore.h. Without AT_OK
 * `*size` is 0.
 */
at_status at_xenstore_list(struct at_xenstore *xs, char *names, size_t capacity, size_t *size, uint32_t transaction,
                           const char *path, uint64_t deadline_ns);

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_XENSTORE_DIRECTORY_H */
